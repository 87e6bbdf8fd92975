"""Files of questions, answered: rows in, rows out, and the way back after an interruption."""
