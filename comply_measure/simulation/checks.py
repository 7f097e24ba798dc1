"""Check a population against its scales: names known, parameters present, variances in reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from comply_measure.instrument import Item, Scale
from comply_measure.responses.selection import form_of, set_of
from comply_measure.simulation.faults import Fault
from comply_measure.simulation.schema import (
    ALL_ROLES,
    AmountVariable,
    OrderedVariable,
    OutcomeVariable,
    PopulationSpec,
)
from comply_measure.simulation.unit_model import ALIGNMENT, latent_names
from comply_measure.statistics.words import did_you_mean

Key = tuple[str | int, ...]
INFORMANT_TRAITS = ("competence", "involvement")


def check_spec(spec: PopulationSpec, scales: tuple[Scale, ...]) -> list[Fault]:
    """Faults of a population, in the order of the file.

    Parameters
    ----------
    spec : PopulationSpec
        A file whose shape is right.
    scales : tuple of Scale
        The scales it names.

    Returns
    -------
    list of Fault
        Empty if the population can be simulated.
    """
    if faults := [*_instrument_faults(spec, scales)]:
        return faults
    tree = next(scale for scale in scales if scale.key == spec.alignment.scale)
    return [
        *_role_faults(spec),
        *_tree_faults(spec, tree),
        *_tree_role_faults(spec, tree),
        *_latent_faults(spec),
        *_item_faults(spec, scales),
        *_noninvariance_faults(spec, scales),
        *_careless_faults(spec, scales),
    ]


def _unknown(key: Key, kind: str, name: object, known: Iterable[str]) -> Fault:
    listed = list(known)
    return Fault(
        key, f"unknown {kind}{did_you_mean(name, listed)}", value=name, allowed=", ".join(listed) or "none"
    )


def _names_differ(
    place: Key, kind: str, stated: Iterable[str], known: list[str], needed: list[str]
) -> Iterator[Fault]:
    """Names that are not known, and needed names that are not stated."""
    stated = list(stated)
    for name in stated:
        if name not in known:
            yield _unknown((*place, name), kind, name, known)
    for name in needed:
        if name not in stated:
            yield Fault(place, f"{kind} '{name}' is not stated")


def _instrument_faults(spec: PopulationSpec, scales: tuple[Scale, ...]) -> Iterator[Fault]:
    keys = [scale.key for scale in scales]
    if spec.alignment.scale not in keys:
        yield _unknown((ALIGNMENT, "scale"), "scale", spec.alignment.scale, keys)
    for scale in scales:
        if scale.key == spec.alignment.scale:
            yield from _tree_choice_faults(spec, scale)


def _tree_choice_faults(spec: PopulationSpec, tree: Scale) -> Iterator[Fault]:
    """Form, attribute set and roles are those of the scale with the hierarchy; other scales follow."""
    chosen = spec.instrument
    if chosen.form not in tree.forms:
        yield _unknown(("instrument", "form"), f"form of scale {tree.key}", chosen.form, tree.forms)
    if chosen.attribute_set is not None and chosen.attribute_set not in tree.attribute_sets:
        place = ("instrument", "attribute_set")
        yield _unknown(place, f"attribute set of scale {tree.key}", chosen.attribute_set, tree.attribute_sets)
    for role in spec.roles:
        if role not in tree.roles:
            yield _unknown(("roles",), f"role of scale {tree.key}", role, tree.roles)


def asked_items(spec: PopulationSpec, scales: Iterable[Scale]) -> tuple[Item, ...]:
    """Items of the form and attribute set, scale by scale; a scale without the form is asked in full."""
    chosen = spec.instrument
    return tuple(
        item
        for scale in scales
        for item in scale.items_for(form_of(scale, chosen.form), set_of(scale, chosen.attribute_set))
    )


def _role_faults(spec: PopulationSpec) -> Iterator[Fault]:
    """Every mapping by role names known roles and leaves no role without a share."""
    known = [*spec.roles, ALL_ROLES]
    shares, shifts = _role_mappings(spec)
    for key, mapping in [*shares.items(), *shifts.items()]:
        for role in mapping:
            if role not in known:
                yield _unknown((*key, role), "role", role, known)
    for key, mapping in shares.items():
        for role in spec.roles:
            # Constructs beside the hierarchy may leave out roles that are not asked about them.
            if key[0] != "constructs" and role not in mapping and ALL_ROLES not in mapping:
                yield Fault(key, f"role '{role}' is not stated")


def _role_mappings(spec: PopulationSpec) -> tuple[dict[Key, dict[str, float]], dict[Key, dict[str, float]]]:
    shares: dict[Key, dict[str, float]] = {
        (ALIGNMENT, "consensus_share"): spec.alignment.consensus_share,
        ("missing", "informants", "share"): spec.missing.informants.share,
        ("missing", "cannot_judge", "share"): spec.missing.cannot_judge.share,
    }
    shifts: dict[Key, dict[str, float]] = {(ALIGNMENT, "role_bias"): spec.alignment.role_bias}
    for section in ("dimensions", "attributes", "constructs"):
        for name, part in getattr(spec, section).items():
            shares[section, name, "consensus_share"] = part.consensus_share
            shifts[section, name, "role_bias"] = part.role_bias
    if (seconds := spec.sample.second_informants) is not None:
        shifts["sample", "second_informants", "share"] = seconds.share
    for trait in INFORMANT_TRAITS:
        shifts["informants", trait, "role_bias"] = getattr(spec.informants, trait).role_bias
    return shares, shifts


def _tree_faults(spec: PopulationSpec, tree: Scale) -> Iterator[Fault]:
    chosen = spec.instrument.attribute_set
    for section, kind, level in (
        ("dimensions", "dimension", tree.dimensions),
        ("attributes", "attribute", tree.attributes),
    ):
        known = [construct.key for construct in tree.constructs if construct.level == kind]
        needed = [construct.key for construct in level(chosen)]
        yield from _names_differ((section,), kind, getattr(spec, section), known, needed)


def _tree_role_faults(spec: PopulationSpec, tree: Scale) -> Iterator[Fault]:
    """Scores of the hierarchy are compared over roles, so every role must be asked all of its items."""
    hierarchy = {*spec.dimensions, *spec.attributes}
    for item in asked_items(spec, [tree]):
        for role in spec.roles:
            if item.construct in hierarchy and item.kind == "content" and role not in item.roles:
                yield Fault(("roles",), f"item '{item.id}' of scale {tree.key} is not asked of role '{role}'")


def _latent_faults(spec: PopulationSpec) -> Iterator[Fault]:
    """References between latent variables."""
    known = latent_names(spec)
    doubled = {name for name in known if known.count(name) > 1}
    for name in sorted(doubled):
        yield Fault(("constructs",), f"'{name}' names two latent variables")
    for key, name in _references(spec):
        if name not in known:
            yield _unknown(key, "latent variable", name, known)
    predictor = spec.missing.informants.predictor
    observed = [
        name
        for name, variable in spec.unit_variables.items()
        if isinstance(variable, (OrderedVariable, AmountVariable))
    ]
    if predictor is not None and predictor not in observed:
        yield _unknown(
            ("missing", "informants", "predictor"), "ordered or amount variable", predictor, observed
        )


def _references(spec: PopulationSpec) -> Iterator[tuple[Key, str]]:
    for name in spec.alignment.predictors:
        yield (ALIGNMENT, "predictors", name), name
    for name, variable in spec.unit_variables.items():
        if isinstance(variable, OutcomeVariable):
            for cause in variable.coefficients:
                yield ("unit_variables", name, "coefficients", cause), cause
    for name, part in spec.constructs.items():
        for cause in part.paths:
            yield ("constructs", name, "paths", cause), cause
        for position, effect in enumerate(part.moderations):
            place = ("constructs", name, "moderations", position)
            yield (*place, "predictor"), effect.predictor
            yield (*place, "moderator"), effect.moderator
    for position, pair in enumerate(spec.residual_correlations):
        for name in pair.between:
            yield ("residual_correlations", position, "between"), name


def _item_faults(spec: PopulationSpec, scales: tuple[Scale, ...]) -> Iterator[Fault]:
    answered = asked_items(spec, scales)
    by_construct: dict[str, list[Item]] = {}
    for item in answered:
        if item.kind != "attention":
            by_construct.setdefault(item.construct, []).append(item)
    everything: dict[str, set[str]] = {}
    for scale in scales:
        for item in scale.items:
            if item.kind != "attention":
                everything.setdefault(item.construct, set()).add(item.id)
    place: Key = ("items", "constructs")
    yield from _names_differ(place, "construct", spec.items.constructs, list(everything), list(by_construct))
    for key, group in spec.items.constructs.items():
        if key not in everything:
            continue
        needed = [item.id for item in by_construct.get(key, [])]
        yield from _names_differ(
            (*place, key, "loadings"), "item", group.loadings, sorted(everything[key]), needed
        )
        if group.thresholds not in spec.items.thresholds:
            yield _unknown(
                (*place, key, "thresholds"), "threshold class", group.thresholds, spec.items.thresholds
            )
        for name, loading in group.loadings.items():
            reverse = any(item.id == name and item.keying < 0 for item in by_construct.get(key, []))
            yield from _variance_faults((*place, key, "loadings", name), loading, spec, reverse=reverse)
        for name in group.shifts:
            if name not in group.loadings:
                yield _unknown((*place, key, "shifts", name), "item", name, group.loadings)
    yield from _target_faults(spec, list(by_construct))
    yield from _asked_role_faults(spec, answered)
    yield from _category_faults(spec, scales)


def _variance_faults(
    key: Key, loading: float, spec: PopulationSpec, *, reverse: bool = False
) -> Iterator[Fault]:
    wording = spec.items.reverse_loading if reverse else 0.0
    used = loading**2 + spec.items.method_loading**2 + wording**2
    if used >= 1.0:
        parts = "loading, method and wording loading" if wording else "loading and method loading"
        yield Fault(key, f"{parts} use {used:.3f} of a variance of 1", value=loading)


def _target_faults(spec: PopulationSpec, answered: list[str]) -> Iterator[Fault]:
    """Every construct that is answered has a latent variable."""
    measured = {trait: getattr(spec.informants, trait).measured_by for trait in INFORMANT_TRAITS}
    known = [ALIGNMENT, *spec.dimensions, *spec.attributes, *spec.constructs, *measured.values()]
    for construct in answered:
        if construct not in known:
            yield Fault(("constructs",), f"construct '{construct}' is answered but has no parameters")
    for trait, name in measured.items():
        if name is not None and name not in answered:
            yield _unknown(("informants", trait, "measured_by"), "construct", name, answered)


def _asked_role_faults(spec: PopulationSpec, answered: Iterable[Item]) -> Iterator[Fault]:
    """A construct states the consensus share of every role that is asked about it."""
    asked: dict[str, set[str]] = {}
    for item in answered:
        asked.setdefault(item.construct, set()).update(item.roles)
    for name, part in spec.constructs.items():
        for role in spec.roles:
            share = part.consensus_share
            if role in asked.get(name, ()) and role not in share and ALL_ROLES not in share:
                yield Fault(("constructs", name, "consensus_share"), f"role '{role}' is not stated")


def _category_faults(spec: PopulationSpec, scales: tuple[Scale, ...]) -> Iterator[Fault]:
    categories = {scale.response.n_categories for scale in scales}
    for name, cuts in spec.items.thresholds.items():
        for count in sorted(categories):
            if len(cuts) != count - 1:
                place = ("items", "thresholds", name)
                yield Fault(place, f"{count} answer categories need {count - 1} thresholds, not {len(cuts)}")


def _noninvariance_faults(spec: PopulationSpec, scales: tuple[Scale, ...]) -> Iterator[Fault]:
    roles_of = {item.id: item.roles for scale in scales for item in scale.items}
    for position, planted in enumerate(spec.noninvariant_items):
        place = ("noninvariant_items", position)
        if planted.item not in roles_of:
            yield _unknown((*place, "item"), "item", planted.item, roles_of)
        elif planted.role not in spec.roles or planted.role not in roles_of[planted.item]:
            yield _unknown((*place, "role"), "role", planted.role, roles_of[planted.item])
        if planted.loading is not None:
            reverse = planted.item in {i.id for scale in scales for i in scale.items if i.keying < 0}
            yield from _variance_faults((*place, "loading"), planted.loading, spec, reverse=reverse)


def _careless_faults(spec: PopulationSpec, scales: tuple[Scale, ...]) -> Iterator[Fault]:
    for answer in spec.careless.straightline_answers:
        for scale in scales:
            if answer not in scale.response.categories:
                place = ("careless", "straightline_answers", str(answer))
                allowed = f"{scale.response.minimum} to {scale.response.maximum}"
                yield Fault(place, f"not an answer of scale {scale.key}", value=answer, allowed=allowed)
