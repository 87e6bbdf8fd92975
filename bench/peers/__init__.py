"""Other ways to serve the checkpoint, each in its own folder, and the module that starts and stops them."""
