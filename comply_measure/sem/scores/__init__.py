"""Factor scores: ``predict`` makes the table, ``linear`` and ``modal`` hold the estimators."""
