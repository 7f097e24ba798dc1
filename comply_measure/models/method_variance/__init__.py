"""Common method variance in answers of one informant.

* ``marker``: the marker-variable models of Williams, Hartman & Cavazotte (``texts`` writes them, ``marker_result``
  holds what they show);
* ``latent_method``: an unmeasured latent method factor, with what it cannot tell;
* ``single_factor``: Harman's share, reported with its warning only.

Method variance that informants of different roles do not share is separated by ``models.informants``.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
