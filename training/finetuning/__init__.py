"""Fine-tuning: from a pretrained LUKE and a user's questions to a checkpoint that the server can load."""
