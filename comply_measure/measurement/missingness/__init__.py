"""Multiple imputation of Likert answers, and what it changes.

* ``imputation``: answers imputed by predictive mean matching (``matching`` is the algorithm), by role;
* ``pooling``: Rubin's rules for estimates (``fits`` for fitted models) and for tests;
* ``comparison``: full information, multiple imputation and listwise deletion in one table.

Missing answers themselves (shares by item and role, Little's test) are in ``measurement.items``.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
