"""Files of questions: rows in, answers out, and resuming after an interruption."""
