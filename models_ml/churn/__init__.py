"""Churn: the chance that a policy is given up within the horizon, rolled up to the customer."""
