"""Operate the server: ``python -m ops VERB`` fetches a checkpoint, packages it, starts, asks and stops the server."""
