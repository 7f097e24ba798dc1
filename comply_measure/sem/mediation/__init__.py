"""Mediation: indirect effects of a fitted model."""
