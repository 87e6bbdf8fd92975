"""Training, fine-tuning and evaluation: from text and questions to a checkpoint that the server can load."""
