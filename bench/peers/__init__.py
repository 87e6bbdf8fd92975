"""Other ways to serve the checkpoint, each in a folder of its own, and what starts and stops them."""
