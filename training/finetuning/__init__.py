"""Fine-tuning: a pretrained LUKE and a user's questions in, a servable checkpoint out."""
