"""Hypotheses as model text for ``sem.fit``: structures of a scale, and what follows from alignment."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
