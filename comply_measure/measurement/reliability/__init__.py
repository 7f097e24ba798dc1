"""Reliability: coefficients, bounds, intervals, by group and on two levels."""
