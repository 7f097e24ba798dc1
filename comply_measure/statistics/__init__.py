"""Ground floor: statistics that know arrays and nothing else.

Intervals, corrections for several tests, small-sample covariances, checks of arguments. Every room above calls
them, `sem` too; they import nothing but the roots of errors.
"""
