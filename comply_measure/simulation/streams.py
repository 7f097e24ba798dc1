"""Random streams: one per block of firms and purpose, so results do not depend on the number of workers."""

from __future__ import annotations

import numpy as np

FIRMS_PER_BLOCK = 8

# Position = key of the stream. Append only: inserting a purpose would change every simulated study.
PURPOSES = ("groups", "unit", "informant", "items", "absence", "gaps", "careless")
SIZES_KEY = 0


def sizes_stream(seed: int) -> np.random.Generator:
    """Stream that draws the number of units of every firm."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(SIZES_KEY,))))


def block_stream(seed: int, block: int, purpose: str) -> np.random.Generator:
    """Stream of one purpose in one block of firms.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation.
    block : int
        Number of the block, from 0.
    purpose : str
        One of ``PURPOSES``; purposes do not disturb each other (another careless share leaves the attentive
        informants' answers as they are).

    Returns
    -------
    numpy.random.Generator
    """
    key = (block, PURPOSES.index(purpose))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
