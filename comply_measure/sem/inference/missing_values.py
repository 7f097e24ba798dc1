"""What missing values did to a fit, in words."""

from __future__ import annotations

from collections.abc import Iterator

from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.missing.sample import MAX_MOMENTS, incomplete_groups
from comply_measure.sem.model import Model


def saturated_findings(model: Model) -> Iterator[Finding]:
    """Variables never seen together, saturated moments that could not be estimated.

    Parameters
    ----------
    model : Model
        A model of incomplete data.
    """
    for group in incomplete_groups(model.sample.groups):
        place = f" in group '{group.name}'" if group.name else ""
        if group.faults:
            pairs = "; ".join(str(fault.column) for fault in group.faults[:10])
            more = f" and {len(group.faults) - 10} more" if len(group.faults) > 10 else ""
            yield Finding(
                "coverage",
                f"{len(group.faults)} pairs of variables were never seen together{place}: {pairs}{more}",
                "their covariances rest on the model alone; no test of fit is given",
            )
        elif group.saturated is not None and (group.saturated.singular or not group.saturated.converged):
            yield Finding(
                "saturated_moments",
                f"the saturated means and covariances cannot be estimated{place} "
                f"({group.n_cases} cases, {group.p} variables)",
                "too few cases or linearly dependent variables; no test of fit is given",
            )
        elif group.n_moments > MAX_MOMENTS:
            yield Finding(
                "many_moments",
                f"{group.n_moments} means and covariances{place}: robust indices and scaled tests are not computed",
                f"they need the information about all of them; at most {MAX_MOMENTS} are handled",
                serious=False,
            )


def left_out(model: Model) -> Iterator[Finding]:
    """Cases that have no part in the fit, and why."""
    sample = model.sample
    count = sample.n_given - sample.n_cases
    if not count:
        return
    reason, advice = model.family.left_out_because(model)
    yield Finding(
        "incomplete_cases",
        f"{count} of {sample.n_given} cases left out because {reason}",
        advice,
        serious=False,
    )
