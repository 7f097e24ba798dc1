"""Prose of reports in other languages than English."""
