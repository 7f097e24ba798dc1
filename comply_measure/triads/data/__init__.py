"""Triad data: long tables and unit × role × variable cubes, checked once; rows gathered by unit; who is there."""
