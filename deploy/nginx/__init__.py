"""nginx in front of the server, for those who run it already."""
