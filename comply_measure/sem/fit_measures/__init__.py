"""Fit measures: pure scalar functions, one file per family, each with its formula and source."""
