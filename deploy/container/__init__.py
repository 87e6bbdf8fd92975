"""The server as a container image."""
