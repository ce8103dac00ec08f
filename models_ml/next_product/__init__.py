"""What to offer next: the most popular line among those a customer does not hold. The baseline to beat later."""
