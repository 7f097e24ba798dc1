"""What a fitted model would gain if more were free: modification indices and score tests.

``candidates`` lists the parameters, ``extension`` adds them to the table at their fixed values,
``indices`` and ``score_test`` compute the statistics, ``standardise`` rescales expected changes.
"""
