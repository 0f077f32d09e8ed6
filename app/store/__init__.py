"""The door to the database; functions take a Session first and never commit."""
