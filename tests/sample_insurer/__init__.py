"""The sample insurer."""
