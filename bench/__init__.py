"""Measurements: speed and agreement, always as ratios within one run."""
