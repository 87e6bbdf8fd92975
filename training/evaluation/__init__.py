"""Evaluation: a checkpoint's answers through the serving engine, measured in several ways."""
