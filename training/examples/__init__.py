"""Training examples made from the data: questions, contexts and answers."""
