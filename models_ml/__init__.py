"""Models: segmentation, value, churn and next product, each with the same four rooms."""
