"""Training from scratch: batches, losses, schedule and the loop."""
