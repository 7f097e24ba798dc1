"""What missing values did to a fit, in words."""

from __future__ import annotations

from collections.abc import Iterator

from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.missing.sample import MAX_MOMENTS, IncompleteGroup
from comply_measure.sem.model import Model
from comply_measure.sem.options import FULL_INFORMATION, TWO_STAGE


def missing_values(model: Model) -> Iterator[Finding]:
    """Cases left out, variables never seen together, saturated moments that could not be estimated.

    Parameters
    ----------
    model : Model
        The model.
    """
    yield from _left_out(model)
    if model.options.missing in TWO_STAGE:
        yield Finding(
            "two_stage",
            "log-likelihood, AIC and BIC are those of complete data with the saturated moments",
            "use missing='ml' to compare models by them",
            serious=False,
        )
    for group in model.sample.groups:
        if not isinstance(group, IncompleteGroup):
            continue
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
                f"({group.n} cases, {group.p} variables)",
                "too few cases or linearly dependent variables; no test of fit is given",
            )
        elif group.n_moments > MAX_MOMENTS:
            yield Finding(
                "many_moments",
                f"{group.n_moments} means and covariances{place}: robust indices and scaled tests are not computed",
                f"they need the information about all of them; at most {MAX_MOMENTS} are handled",
                serious=False,
            )


def _left_out(model: Model) -> Iterator[Finding]:
    sample = model.sample
    count = sample.n_given - sample.n
    if not count:
        return
    reason, advice = left_out_because(model)
    yield Finding(
        "incomplete_cases",
        f"{count} of {sample.n_given} cases left out because {reason}",
        advice,
        serious=False,
    )


def left_out_because(model: Model) -> tuple[str, str]:
    """Why a case has no part in a fit, and what would keep it.

    Parameters
    ----------
    model : Model
        The model.
    """
    grouped = model.sample.n_groups > 1
    if model.options.missing not in (*FULL_INFORMATION, *TWO_STAGE):
        reason = "a value or the group is missing" if grouped else "a value is missing"
        return reason, "missing='ml' uses all available values"
    if model.options.missing != "ml.x" and any(model.exogenous):
        reason = "they have no value, or lack a fixed exogenous variable" + " or the group" * grouped
        return reason, "missing='ml.x' or fixed_x=False keeps cases that lack an exogenous variable"
    return "they have no value at all" + ", or no group" * grouped, ""
