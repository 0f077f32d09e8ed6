"""The door to the requests we answer."""
