"""Next product: how likely a customer is to buy each line not held, and which of them may be recommended."""
