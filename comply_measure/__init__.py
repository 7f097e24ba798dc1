"""comply_measure: a multi-informant survey scale and its measurement models.

The public names are loaded on first use, so that ``import comply_measure`` and
``comply-measure --help`` stay fast.
"""

from comply_measure.doors import open_door

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = open_door(__name__)
