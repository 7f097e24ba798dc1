"""Ground floor: what every room above calls, `sem` too, and what knows arrays and words, no surveys.

Intervals, corrections for several tests, mean squares, small-sample covariances; checks of arguments and the
nearest known word. Files are imported as they are (doors themselves stand on this floor); nothing here imports
anything of the package but the roots of errors.
"""
