"""What all four models share: reading, splits in time, guards, metrics, artefacts, writing."""
