"""The trainable network: its layout, its initial weights, and its export as a checkpoint."""
