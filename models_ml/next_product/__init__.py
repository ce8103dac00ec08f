"""Next product: the most popular line among those a customer does not hold: the baseline to beat."""
