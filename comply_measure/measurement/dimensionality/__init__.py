"""Dimensionality: correlation matrices, number of factors, extraction, rotation, exploratory SEM."""
