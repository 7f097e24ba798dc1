"""Roles of the triad and stages of the customer journey."""

from __future__ import annotations

from typing import Literal

from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import JourneyStage, Provenance, Role

_METHOD = Provenance("G24", "method: matched triads")
_JOURNEY = Provenance("G24", "customer journey")
Phase = Literal["pre_purchase", "purchase", "post_purchase"]

ROLES: tuple[Role, ...] = (
    Role("marketing", "M", FrozenMap({"en": "Marketing", "de": "Marketing"}), _METHOD),
    Role("sales", "S", FrozenMap({"en": "Sales", "de": "Vertrieb"}), _METHOD),
    Role("it", "I", FrozenMap({"en": "IT", "de": "IT"}), _METHOD),
)

_STAGES: tuple[tuple[str, str, str, Phase], ...] = (
    ("be_aware", "Be aware", "Aufmerksam werden", "pre_purchase"),
    ("consider", "Consider", "In Betracht ziehen", "pre_purchase"),
    ("evaluate", "Evaluate", "Bewerten", "pre_purchase"),
    ("purchase", "Purchase", "Kaufen", "purchase"),
    ("confirm", "Confirm", "Bestätigen", "post_purchase"),
    ("bond", "Bond", "Sich binden", "post_purchase"),
)

# "Be aware" stands before the loop: repeat buyers re-enter at "consider".
JOURNEY_STAGES: tuple[JourneyStage, ...] = tuple(
    JourneyStage(
        key=key,
        label=FrozenMap({"en": english, "de": german}),
        phase=phase,
        in_loop=key != "be_aware",
        order=order,
        provenance=_JOURNEY,
    )
    for order, (key, english, german, phase) in enumerate(_STAGES, start=1)
)
