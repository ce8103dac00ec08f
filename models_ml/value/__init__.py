"""Value: past margin and the next twelve months' expected margin. Not for pricing."""
