"""Alignment → preparation and follow-up of a selling center → role-specific outcomes, as model text.

The link of the two studies: alignment of marketing, sales and IT (COMPLY) should go with better preparation
and follow-up of sales-marketing selling centers, and these with more benefits and fewer drawbacks (J17
suggests the relations and tests none). Facilitators moderate: they are no part of the model of the paths, and enter
equations of their own (:func:`selling_center_moderations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from comply_measure.errors import ComplyError
from comply_measure.framework import smsc_constructs
from comply_measure.models.hierarchy import summed
from comply_measure.models.hypothesised import Hypothesis
from comply_measure.statistics.words import require_known

FOCAL = "alignment"
Form = Literal["constructs", "blocks"]
_MEANS = ("preparation", "follow_up")
_ENDS = ("positive_outcome", "negative_outcome")


#: What is expected to strengthen which joint or own work; on every outcome, in its direction.
MODERATIONS = (
    ("joint_preparation", "product_facilitator"),
    ("marketing_preparation", "marketing_facilitator"),
    ("joint_preparation", "customer_facilitator"),
    ("joint_follow_up", "customer_facilitator"),
)


def selling_center_hypotheses(form: Form = "constructs") -> tuple[Hypothesis, ...]:
    """The paths of :func:`selling_center_model` and their expected signs, in the model's order.

    Parameters
    ----------
    form : {"constructs", "blocks"}
        As in :func:`selling_center_model`.

    Raises
    ------
    ComplyError
        For another form.
    """
    require_known("form of the selling-center model", form, get_args(Form))
    means, ends = _names(_MEANS, form), _names(_ENDS, form)
    first = [Hypothesis(outcome, FOCAL, 1) for outcome in means]
    second = [Hypothesis(outcome, predictor, sign) for outcome, sign in ends.items() for predictor in means]
    return (*first, *second)


def selling_center_moderations() -> tuple[Hypothesis, ...]:
    """Facilitators as moderators of the paths to outcomes, with the sign that the path itself should have.

    A complex or differentiated product makes joint preparation matter more, what marketing brings makes its preparation
    matter more, and a large or demanding customer joint preparation and follow-up (J17 names facilitators as what makes
    selling centers effective and tests none of them).
    """
    ends = _names(_ENDS, "constructs")
    return tuple(
        Hypothesis(outcome, predictor, sign, moderator)
        for outcome, sign in ends.items()
        for predictor, moderator in MODERATIONS
    )


def selling_center_model(
    dimensions: Sequence[str],
    form: Form = "constructs",
    *,
    follow_up_items: Sequence[str] = (),
) -> str:
    """Model text at unit level.

    Alignment is latent, measured by the dimension scores of the unit. In the form ``constructs`` each
    preparation, follow-up and outcome construct is one observed unit score: role-specific outcomes stay
    apart; their coefficients are not corrected for unreliability, which can bias them either way. In the form
    ``blocks`` preparation, positive and negative outcomes are latent variables measured by their constructs, and
    follow-up, which has one construct only, by that construct's items.

    Disturbances of the intermediate variables correlate, and so do those of the outcomes: what else they have
    in common is not part of the hypotheses. Defined parameters ``indirect_<outcome>`` are the sums, over the
    intermediate variables, of the products of the paths from alignment and to the outcome.

    Parameters
    ----------
    dimensions : sequence of str
        Columns of the dimension scores.
    form : {"constructs", "blocks"}
        Level of the selling-center variables.
    follow_up_items : sequence of str
        Columns of the unit means of the follow-up items; needed for ``blocks``.

    Returns
    -------
    str

    Raises
    ------
    ComplyError
        For another form, or ``blocks`` without follow-up items.
    """
    require_known("form of the selling-center model", form, get_args(Form))
    lines = [f"{FOCAL} =~ {summed(dimensions)}"]
    if form == "blocks":
        lines += _block_measurement(follow_up_items)
    means, ends = list(_names(_MEANS, form)), list(_names(_ENDS, form))
    # Labels: a1, a2, … lead from alignment to the intermediate variables, b1_1, b1_2, … from those to outcome 1.
    lines += [f"{mean} ~ a{i}*{FOCAL}" for i, mean in enumerate(means, start=1)]
    for k, end in enumerate(ends, start=1):
        lines.append(f"{end} ~ " + " + ".join(f"b{k}_{i}*{mean}" for i, mean in enumerate(means, start=1)))
    for names in (means, ends):
        lines += [f"{first} ~~ {' + '.join(names[place + 1 :])}" for place, first in enumerate(names[:-1])]
    for k, end in enumerate(ends, start=1):
        products = " + ".join(f"a{i}*b{k}_{i}" for i in range(1, len(means) + 1))
        lines.append(f"indirect_{end} := {products}")
    return "\n".join(lines)


def _names(blocks: tuple[str, ...], form: str) -> Mapping[str, Literal[1, -1]]:
    """Variables of some blocks and the sign with which good preparation should go."""
    if form == "blocks":
        return {block: -1 if block == "negative_outcome" else 1 for block in blocks}
    found = [entry for entry in smsc_constructs() if entry.block in blocks]
    return {entry.key: -1 if entry.direction < 0 else 1 for entry in found}


def _block_measurement(follow_up_items: Sequence[str]) -> list[str]:
    if not follow_up_items:
        raise ComplyError("the form 'blocks' measures follow-up by items: name their columns")
    lines = []
    for block in (*_MEANS, *_ENDS):
        keys = [entry.key for entry in smsc_constructs() if entry.block == block]
        indicators = list(follow_up_items) if len(keys) == 1 else keys
        lines.append(f"{block} =~ {summed(indicators)}")
    return lines
