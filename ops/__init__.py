"""Operate the server: ``python -m ops COMMAND`` fetches and packages a checkpoint, and runs and queries the server."""
