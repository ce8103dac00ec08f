"""What a customer is worth: margin so far, margin expected in twelve months, a grade with its service standard."""
