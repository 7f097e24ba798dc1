"""An instrument as one frozen object, and the selections others ask of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from comply_measure.errors import ComplyError
from comply_measure.framework.frozen import FrozenMap
from comply_measure.instrument.fielding import Question, Section
from comply_measure.instrument.types import (
    KINDS,
    Construct,
    Form,
    Item,
    Kind,
    MeasurementLevel,
    Pair,
    ResponseFormat,
    Stage,
)
from comply_measure.statistics.words import require_known


@dataclass(frozen=True, slots=True, repr=False)
class Scale:
    """An instrument: constructs, items, languages, roles, forms and answer categories.

    Parameters
    ----------
    key, version : str
        Name and version.
    title, description : FrozenMap
        Language -> text.
    languages : tuple of str
        Languages of all texts, the default first.
    response : ResponseFormat
        Answer categories of every item.
    roles : tuple of str
        Roles that answer, in order.
    role_labels : FrozenMap
        Role -> language -> label.
    constructs : tuple of Construct
        In the order of the scale.
    items : tuple of Item
        In the order of the scale.
    forms : FrozenMap
        Key -> Form.
    stages : tuple of Stage
        Situations that items refer to; often empty.
    attribute_sets : tuple of str
        Named sets of constructs, the default first; empty if the scale has none.
    references : FrozenMap
        Key of a source -> full citation.
    source : str
        Name of the file.
    sha256 : str
        Digest of the file.
    roles_stated : bool
        Whether the file names roles; a scale that does not is answered by whoever answers the study.
    pairs : tuple of Pair
        Pairs of roles that items ask about; often empty.
    collection_set : str or None
        Named set that is asked: what is not asked cannot be added later. The default set, where the file does not say.
    questions : tuple of Question
        Questions of fact and figures from records.
    sections : tuple of Section
        The questionnaire: texts, what they show, in which order.
    """

    key: str
    version: str
    title: FrozenMap[str]
    description: FrozenMap[str]
    languages: tuple[str, ...]
    response: ResponseFormat
    roles: tuple[str, ...]
    role_labels: FrozenMap[FrozenMap[str]]
    constructs: tuple[Construct, ...]
    items: tuple[Item, ...]
    forms: FrozenMap[Form]
    stages: tuple[Stage, ...]
    attribute_sets: tuple[str, ...]
    references: FrozenMap[str]
    source: str
    sha256: str
    roles_stated: bool = True
    pairs: tuple[Pair, ...] = ()
    collection_set: str | None = None
    questions: tuple[Question, ...] = ()
    sections: tuple[Section, ...] = ()

    def __repr__(self) -> str:
        """What the scale holds, in three lines; its tables: :func:`comply_measure.instrument.describe_scale`."""
        levels = Counter(construct.level for construct in self.constructs)
        counts = ", ".join(f"{level} {n}" for level, n in levels.items())
        sets = f"; sets {', '.join(self.attribute_sets)}" if self.attribute_sets else ""
        return (
            f"Scale {self.key} {self.version}: {self.title[self.languages[0]]}\n"
            f"{len(self.items)} items, {len(self.constructs)} constructs ({counts}){sets}\n"
            f"roles {', '.join(self.roles)}; forms {', '.join(self.forms)}; languages {', '.join(self.languages)}"
        )

    def construct(self, key: str) -> Construct:
        """One construct by key; ComplyError with the nearest key if unknown."""
        by_key = {construct.key: construct for construct in self.constructs}
        require_known(f"construct of scale {self.key}", key, by_key)
        return by_key[key]

    def item(self, id: str) -> Item:
        """One item by id; ComplyError with the nearest id if unknown."""
        by_id = {item.id: item for item in self.items}
        require_known(f"item of scale {self.key}", id, by_id)
        return by_id[id]

    def resolve_set(self, attribute_set: str | None = None) -> str | None:
        """The attribute set in force: the one named, else the scale's default.

        A scale without named sets has no such switch: its constructs are in every set, so that one
        study-wide choice can be passed to all scales of a study.

        Raises
        ------
        ComplyError
            If the scale has named sets and this is none of them.
        """
        if not self.attribute_sets:
            return None
        if attribute_set is None:
            return self.attribute_sets[0]
        require_known(f"attribute set of scale {self.key}", attribute_set, self.attribute_sets)
        return attribute_set

    def items_for(
        self,
        form: str = "full",
        attribute_set: str | None = None,
        role: str | None = None,
        kind: Kind | Iterable[Kind] | None = None,
    ) -> tuple[Item, ...]:
        """Items of a form and attribute set, of a role and kind if asked, in the order of the scale.

        Parameters
        ----------
        form : str
            Key of a form.
        attribute_set : str, optional
            Named set; the scale's default if not given.
        role : str, optional
            Only items this role answers.
        kind : str or iterable of str, optional
            Only items of this kind or these kinds.

        Returns
        -------
        tuple of Item

        Raises
        ------
        ComplyError
            If the form, set, role or kind is unknown.
        """
        require_known(f"form of scale {self.key}", form, self.forms)
        if role is not None:
            require_known(f"role of scale {self.key}", role, self.roles)
        kinds = KINDS if kind is None else (kind,) if isinstance(kind, str) else tuple(kind)
        for name in kinds:
            require_known("kind of item", name, KINDS)
        included = {construct.key for construct in self.constructs_in(attribute_set)}
        return tuple(
            item
            for item in self.items
            if form in item.forms
            and item.construct in included
            and item.kind in kinds
            and (role is None or role in item.roles)
        )

    def attributes(self, attribute_set: str | None = None) -> tuple[Construct, ...]:
        """Constructs of level ``attribute`` in a set, in the order of the scale."""
        return tuple(entry for entry in self.constructs_in(attribute_set) if entry.level == "attribute")

    def dimensions(self, attribute_set: str | None = None) -> tuple[Construct, ...]:
        """Constructs of level ``dimension`` in a set, in the order of the scale."""
        return tuple(entry for entry in self.constructs_in(attribute_set) if entry.level == "dimension")

    def dimension_of(self, key: str) -> str:
        """Key of the dimension a construct belongs to; the construct itself if it has none above it."""
        entry = self.construct(key)
        return entry.parent if entry.level == "attribute" and entry.parent is not None else entry.key

    def measurement(
        self,
        level: MeasurementLevel = "attribute",
        attribute_set: str | None = None,
        form: str = "full",
        role: str | None = None,
    ) -> dict[str, tuple[str, ...]]:
        """Content items by construct.

        Parameters
        ----------
        level : {"attribute", "dimension"}
            ``attribute``: each item under the construct it is written for; ``dimension``: each item
            under that construct's dimension. Constructs without attributes stand for themselves on
            both levels.
        attribute_set, form, role : str, optional
            As in :meth:`items_for`.

        Returns
        -------
        dict
            Construct key -> item ids, both in the order of the scale.

        Raises
        ------
        ComplyError
            If an argument is unknown, or attributes are asked of a form that measures dimensions only.
        """
        require_known("level", level, ("attribute", "dimension"))
        items = self.items_for(form, attribute_set, role, kind="content")
        above = {entry.key for entry in self.dimensions(attribute_set)}
        if level == "attribute" and any(item.construct in above for item in items):
            raise ComplyError(
                f"form {form!r} of scale {self.key} measures dimensions, not attributes: "
                "use level='dimension'"
            )
        grouped: dict[str, list[str]] = {}
        for item in items:
            key = item.construct if level == "attribute" else self.dimension_of(item.construct)
            grouped.setdefault(key, []).append(item.id)
        return {entry.key: tuple(grouped[entry.key]) for entry in self.constructs if entry.key in grouped}

    def factors_by_scores(self, attribute_set: str | None = None, form: str = "full") -> bool:
        """Whether factors are dimensions measured by attribute scores: there are any, and the form asks attributes."""
        above = {entry.key for entry in self.dimensions(attribute_set)}
        items = self.items_for(form, attribute_set, kind="content")
        return bool(above) and not any(item.construct in above for item in items)

    def factors(self, attribute_set: str | None = None, form: str = "full") -> dict[str, tuple[str, ...]]:
        """Factors and their indicators: dimensions by attribute scores, else constructs by items.

        Parameters
        ----------
        attribute_set, form : str, optional
            As in :meth:`measurement`.

        Returns
        -------
        dict
            Dimension -> attribute keys where :meth:`factors_by_scores`, else construct -> item ids.
        """
        if not self.factors_by_scores(attribute_set, form):
            return self.measurement("dimension", attribute_set, form)
        found: dict[str, tuple[str, ...]] = {}
        for key in self.measurement("attribute", attribute_set, form):
            dimension = self.dimension_of(key)
            if dimension != key:
                found[dimension] = (*found.get(dimension, ()), key)
        return found

    def with_roles(self, labels: Mapping[str, Mapping[str, str]]) -> Scale:
        """The scale as these roles answer it, each item asked of all; for a scale that names no roles.

        Parameters
        ----------
        labels : mapping
            Role -> language -> label; the role's key where a language is missing.
        """
        spoken = {
            role: FrozenMap({language: texts.get(language, role) for language in self.languages})
            for role, texts in labels.items()
        }
        items = tuple(replace(item, roles=tuple(labels)) for item in self.items)
        return replace(self, roles=tuple(labels), role_labels=FrozenMap(spoken), items=items)

    def items_by_pair(
        self, attribute_set: str | None = None, form: str = "full"
    ) -> dict[str, dict[str, str]]:
        """Content items about pairs of roles: pair -> construct -> item id, in the order of the scale.

        Together with the role of the informant an id says who rates which relation: :attr:`Pair.roles` has the two
        roles that rate it from inside.

        Parameters
        ----------
        attribute_set, form : str, optional
            As in :meth:`items_for`.

        Returns
        -------
        dict
            Empty for a form without such items.
        """
        found: dict[str, dict[str, str]] = {}
        for item in self.items_for(form, attribute_set, kind="content"):
            if item.pair is not None:
                found.setdefault(item.pair, {})[item.construct] = item.id
        return {pair.key: found[pair.key] for pair in self.pairs if pair.key in found}

    def reverse_keyed(self) -> frozenset[str]:
        """Ids of the items whose agreement means a low standing on the construct."""
        return frozenset(item.id for item in self.items if item.keying == -1)

    def constructs_in(self, attribute_set: str | None = None) -> tuple[Construct, ...]:
        """Constructs of a set, all levels, in the order of the scale; ComplyError if the set is unknown."""
        chosen = self.resolve_set(attribute_set)
        return tuple(
            entry
            for entry in self.constructs
            if chosen is None or entry.attribute_sets is None or chosen in entry.attribute_sets
        )
