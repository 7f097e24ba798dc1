"""What evidence is: a frozen result of one topic, with its tidy table and single values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from comply_measure.errors import ComplyError
from comply_measure.results import Result

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from comply_measure.evidence.verdicts import Verdict

Value = float | int | str | bool

#: Classes of evidence by ``module:name``, those defined outside this package included; the cache makes no others.
KINDS: dict[str, type[Evidence]] = {}


class Evidence(Result, ABC):
    """Base of the results of all topics: frozen dataclasses of numbers, texts, tables and such results."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        KINDS[f"{cls.__module__}:{cls.__qualname__}"] = cls

    @abstractmethod
    def tidy(self) -> pd.DataFrame:
        """The topic's main table, full precision, a row per quantity."""

    def values(self) -> Mapping[str, Value]:
        """Single results at full precision; NaN only with a reason in :meth:`reasons`."""
        return {}

    def reasons(self) -> Mapping[str, str]:
        """Why a value is undefined."""
        return {}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """What the study concludes from this evidence, each by its rule.

        Parameters
        ----------
        conventions : mapping of str to float
            Cut-offs in force, by key.
        """
        return ()

    def problems(self) -> tuple[str, ...]:
        """What a reader must know before trusting the results."""
        return ()


def require_reasons(values: Mapping[str, Value], reasons: Mapping[str, str]) -> None:
    """Refuse undefined values without a reason.

    Raises
    ------
    ComplyError
        Naming them.
    """
    silent = [
        name
        for name, value in values.items()
        if isinstance(value, float) and not math.isfinite(value) and not reasons.get(name)
    ]
    if silent:
        raise ComplyError(f"undefined values without a reason: {', '.join(silent)}")


def topic_seeds(topic: str, seed: int) -> np.random.SeedSequence:
    """Seeds of a topic: they depend on the seed given and the topic's name, on nothing else."""
    import numpy as np

    purpose = int.from_bytes(sha256(topic.encode()).digest()[:4], "big")
    return np.random.SeedSequence(seed, spawn_key=(purpose,))
