"""Which policies will be left within the horizon, and what that means for their customers."""
