"""What stands around the server in production: the proxy in front of it."""
