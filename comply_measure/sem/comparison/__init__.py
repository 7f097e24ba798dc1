"""Tests of nested models: ``compare`` makes the table, ``difference`` holds the statistics.

``same_data`` refuses models of different data, ``tangent`` describes what a restriction takes away,
``nesting`` checks whether one model can reproduce the other's moments.
"""
