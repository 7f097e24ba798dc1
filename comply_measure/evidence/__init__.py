"""Room ``evidence``: one function per topic of the battery, from responses and options to a frozen result.

``evidence.gaps(responses).tidy()`` is what the chapter on role gaps prints, at full precision and without a study file.
Every function takes a :class:`~comply_measure.responses.Responses`, options (``GapOptions`` …) and, where something is
drawn, ``seed``. What a topic of your own needs (:class:`Topic`, :class:`Evidence`, :class:`TopicOptions`) is here too.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
