"""Chapters of the report: each takes results and returns a section, in words that follow the numbers."""
