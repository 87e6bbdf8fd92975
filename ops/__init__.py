"""The verbs of the Makefile: fetch a checkpoint, build the archive, start and stop the server."""
