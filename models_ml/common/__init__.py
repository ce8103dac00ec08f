"""What the four models share: reading by contract, artefacts, runs, metrics, guards."""
