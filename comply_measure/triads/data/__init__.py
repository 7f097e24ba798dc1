"""Triad data: unit × role × variable cubes from long and wide tables; who is there and who is missing."""
