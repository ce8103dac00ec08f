"""A simulated life-and-property insurer with known truth: two source databases and a third that nobody else reads."""
