"""``python tests/levels/run.py [NAME ...] [RUNS]`` prints the figures of the docs on size and coverage.

Those of triads: ``python tests/triads/levels.py``.
"""

from __future__ import annotations

import sys

import crowd_levels
import engine_levels
import feedback_levels
import journey_levels
import measurement_levels
import model_levels
import pair_levels
import structure_levels
import unit_levels
import verdict_levels

SIMULATIONS = (
    measurement_levels.SIMULATIONS
    | engine_levels.SIMULATIONS
    | model_levels.SIMULATIONS
    | unit_levels.SIMULATIONS
    | structure_levels.SIMULATIONS
    | journey_levels.SIMULATIONS
    | pair_levels.SIMULATIONS
    | feedback_levels.SIMULATIONS
    | crowd_levels.SIMULATIONS
    | verdict_levels.SIMULATIONS
)


def main(words: list[str]) -> None:
    names = [word for word in words if not word.isdigit()] or list(SIMULATIONS)
    given = [int(word) for word in words if word.isdigit()]
    for name in names:
        simulate, usual = SIMULATIONS[name]
        runs = given[0] if given else usual
        print(f"{name} ({runs} replications): {simulate.__doc__}")
        for what, rate in simulate(runs).items():
            print(f"    {what:32s} {rate:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
