"""Corpora and question sets on disk, as text and as tokens."""
