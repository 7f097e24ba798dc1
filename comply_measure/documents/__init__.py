"""Structured text files read as data: safe YAML with line numbers, schema checks."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
