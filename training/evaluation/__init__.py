"""Evaluation: what a checkpoint answers through the serving engine, measured in several ways."""
