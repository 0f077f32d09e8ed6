"""Digests of our own making, in every layout, for the demo and the tests."""
