"""Measurement invariance across dependent roles and independent groups.

* ``designs``: what is compared (``role_design``, ``stage_design``, ``group_design``);
* ``ladder``: configural to latent means, with difference tests and rules (``rules``) that are withheld outside the
  conditions they were studied in;
* ``search``: partial invariance by score tests; ``effects``: dMACS and the bias in gaps of scores;
* ``ordinal``: the ladder for ordered items.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
