"""Model cards: one page a run that people read."""
