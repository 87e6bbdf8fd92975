"""HAProxy in front of the server."""
