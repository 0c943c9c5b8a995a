"""Workflows: the same steps, run again and again. The worked example of a product module."""
