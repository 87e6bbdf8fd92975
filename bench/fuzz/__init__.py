"""Inputs that nobody would write, in great number: into the parts of the engine, and over the wire."""
