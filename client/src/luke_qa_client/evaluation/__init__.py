"""Evaluation: questions with known answers, and measures of what is answered. The training shares them."""
