"""Segmentation: groups of customers who behave alike, named by what sets them apart."""
