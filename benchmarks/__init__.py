"""Benchmarks: the same work on this package, semopy and (if R is there) lavaan.

Run ``python -m benchmarks`` (or ``make bench``). Every engine runs in a process of its own with one BLAS
thread; data and model text are written once and read by all.
"""
