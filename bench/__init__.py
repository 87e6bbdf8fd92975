"""Measurements: speed beside agreement, always as ratios within one run."""
