"""The door to the sockets we open."""
