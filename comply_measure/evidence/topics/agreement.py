"""Topic ``agreement``: rwg(j), average deviation, exact tests, ICCs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from comply_measure.errors import InputError
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.focal import (
    Focal,
    chosen_focal,
    require_categories,
    require_company,
)
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import FewReplications, TopicOptions
from comply_measure.evidence.rules.agreement import MORE_THAN_REMATCHED, UNIT_MEAN
from comply_measure.evidence.several import agreement_table, levels_table, unit_mean_by_levels
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict, by_interval
from comply_measure.responses import Responses, each_informant, one_per_role
from comply_measure.statistics.multiplicity import rejects
from comply_measure.statistics.words import did_you_mean
from comply_measure.triads import (
    AgreementResult,
    AgreementTests,
    TriadData,
    agreement_indices,
    agreement_tests,
    critical_values,
    icc_oneway,
    icc_twoway,
    null_correlations,
    null_distribution,
    rematched_agreement,
)
from comply_measure.triads.agreement.indices import INDICES, Index
from comply_measure.triads.agreement.nulls import NAMES, UNNAMED, null_distributions

#: Re-matched units in all; a large study re-matches its informants less often.
MOST_REMATCHED = 100_000
#: Informants up to which critical values are tabled.
MOST_ENUMERATED = 6


class AgreementOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    nulls : tuple of str
        Null distributions of rwg(j), the first also for the exact tests. At least two defensible ones should
        be reported (LeBreton & Senter, 2008).
    alpha : float
        Level of the tests of units.
    items : {"correlated", "independent"}
        Whether random answers of one informant correlate as the items do. Taken as independent the 5 % test errs in
        11 to 13 % of units where items correlate .4.
    rematchings : int
        Times informants are put together anew for the share of agreeing units that no unit explains; 0 for none.
    bootstrap : int
        Replications of the intervals of two-way coefficients where triads are incomplete; 0 for none.
    """

    scale: Annotated[str | None, Names("scale")] = None
    nulls: Annotated[tuple[str, ...], Field(min_length=1)] = ("uniform", "slight_skew")
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    items: Literal["correlated", "independent"] = "correlated"
    rematchings: Annotated[int, Field(ge=0, le=1000)] = 40
    bootstrap: FewReplications = 300

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """Named nulls are known, and defined for so many categories."""
        response = words.focal.scale.response
        for number, null in enumerate(self.nulls if "nulls" in self.model_fields_set else ()):
            try:
                null_distributions(null, response.minimum, response.maximum)
            except InputError as error:
                for problem in error.problems:
                    place = ("nulls", number)
                    hint = did_you_mean(null, NAMES) if null not in NAMES else ""
                    yield place, null, f"{problem.message}{hint}", str(problem.allowed).replace(UNNAMED, "")


@dataclass(frozen=True, eq=False)
class AgreementEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale.
    n_informants_possible : int
        Informants of the largest unit.
    rwg, rwg_constructs : DataFrame
        ``AgreementResult.summary`` of rwg(j) by dimension and by construct below it; the second may be empty.
    deviation : DataFrame
        The same for AD_M by dimension.
    indices : DataFrame
        The same for all indices by dimension.
    tests : DataFrame
        ``AgreementTests.summary`` by dimension.
    rematched : DataFrame
        ``rematched_agreement`` by dimension; empty where it was not asked for.
    critical : DataFrame
        ``critical_values`` for the sizes and numbers of items of the study; may be empty.
    units : DataFrame
        One row per unit and dimension: ``unit, scale, rwg_j, ad_mean, critical, p, p_fdr, n_informants,
        n_items_used, note``.
    icc : DataFrame
        ``OnewayReliability.tidy`` of the dimension scores.
    icc_twoway : DataFrame
        ``TwowayReliability.tidy`` of the dimension scores, roles in columns; empty where no unit has two roles.
    levels : DataFrame
        ``variance_levels`` by firm, unit, and role where it has several informants; empty with units alone.
    several : DataFrame
        ``role_agreement`` of the dimensions; empty where no role has several informants.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    n_informants_possible: int
    rwg: pd.DataFrame
    rwg_constructs: pd.DataFrame
    deviation: pd.DataFrame
    indices: pd.DataFrame
    tests: pd.DataFrame
    rematched: pd.DataFrame
    critical: pd.DataFrame
    units: pd.DataFrame
    icc: pd.DataFrame
    icc_twoway: pd.DataFrame
    levels: pd.DataFrame
    several: pd.DataFrame
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """All indices of the dimensions, summarised over units."""
        return self.indices

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Agreement beyond re-matched units, and whether unit means are reliable, by dimension."""
        level, margin = conventions["test_level"], conventions["share_margin"]
        found = []
        for row in self.rematched.to_dict("records"):
            answer: Answer = "cannot say"
            if rejects(row["p_holm"], level):
                answer = "supported" if row["difference"] > 0 else "not supported"
            elif row["upper"] < margin:
                answer = "not supported"
            numbers: dict[str, Number] = {
                name: float(row[name]) for name in ("share", "share_rematched", "difference")
            }
            numbers |= {"ci": (float(row["lower"]), float(row["upper"])), "p": float(row["p_holm"])}
            n_family = int(self.rematched["p"].notna().sum())
            found.append(
                MORE_THAN_REMATCHED.verdict(answer, str(row["scale"]), numbers=numbers, n_family=n_family)
            )
        return (*found, *self._reliable_means(conventions["icc2"]))

    def _reliable_means(self, convention: float) -> Iterator[Verdict]:
        """By the one-way interval; where firms are known, by that of nested levels as well."""
        nested = unit_mean_by_levels(self.levels, self.icc)
        for row in self.icc.to_dict("records"):
            name, ends = str(row["column"]), (float(row["icc2_lower"]), float(row["icc2_upper"]))
            numbers: dict[str, Number] = {"icc2_value": float(row["icc2"]), "ci": ends}
            answer, case = by_interval(*ends, convention), ""
            if name in nested:
                (low, high), within = nested[name]
                numbers |= {"ci_levels": (low, high), "within": within}
                case = "firms"
                answer = answer if by_interval(low, high, convention) == answer else "cannot say"
            yield UNIT_MEAN.verdict(answer, name, numbers=numbers, case=case)


def agreement(
    responses: Responses, options: AgreementOptions | None = None, *, seed: int = 0, cutoff: float = 0.70
) -> AgreementEvidence:
    """Agreement within units and reliability of the unit mean.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : AgreementOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap and of simulated tests.
    cutoff : float
        Convention for rwg(j) that units and random answers are compared with.

    Returns
    -------
    AgreementEvidence

    Raises
    ------
    ComplyError
        If no unit has two informants who answered the scale.
    """
    options = options or AgreementOptions()
    chosen = chosen_focal(each_informant(responses), options.scale)
    require_company(chosen)
    require_categories(chosen)
    dimensions = chosen.wholes
    agreement = _indices(chosen, dimensions, options)
    summary = agreement.summary({"rwg_j": cutoff})
    rwg = summary[summary["index"] == "rwg_j"].reset_index(drop=True)
    below = rwg.iloc[:0]
    if chosen.by_scores:
        below = _indices(chosen, chosen.items, options, ("rwg_j",)).summary({"rwg_j": cutoff})
    scores = chosen.scores("dimension")
    names = list(dimensions)
    tests, rematched = _tests(chosen, dimensions, options, cutoff, topic_seeds("agreement_tests", seed))
    return AgreementEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        n_informants_possible=_largest(chosen),
        rwg=rwg,
        rwg_constructs=below,
        deviation=summary[summary["index"] == "ad_mean"].reset_index(drop=True),
        indices=summary,
        tests=tests.summary(),
        rematched=rematched,
        critical=_critical(chosen, dimensions, options, cutoff),
        units=_units(agreement, tests),
        icc=icc_oneway(scores, names).tidy(),
        icc_twoway=_twoway(chosen, names, options, seed),
        levels=levels_table(chosen, names),
        several=agreement_table(chosen),
    )


def _compute(request: Request, options: AgreementOptions) -> AgreementEvidence:
    return agreement(request.responses, options, seed=request.seed, cutoff=request.conventions["rwg_j"])


TOPIC = Topic(
    "agreement",
    "Agreement within units",
    _compute,
    AgreementOptions,
    conventions=("rwg_j",),
    informants="both",
)


def _tests(
    chosen: Focal,
    dimensions: Mapping[str, Sequence[str]],
    options: AgreementOptions,
    cutoff: float,
    seeds: np.random.SeedSequence,
) -> tuple[AgreementTests, pd.DataFrame]:
    """Units that agree more than random answers, and how many re-matched ones do."""
    response, answers = chosen.scale.response, chosen.answers()
    for_units, for_matches = seeds.spawn(2)
    shared: dict[str, Any] = {
        "minimum": response.minimum,
        "maximum": response.maximum,
        "null": options.nulls[0],
        "alpha": options.alpha,
    }
    if options.items == "correlated":
        null = null_distribution(options.nulls[0], response.minimum, response.maximum)
        shared["item_correlation"] = null_correlations(answers, dimensions, null)
    simulated: dict[str, Any] = (
        {"seed": np.random.default_rng(for_units)} if "item_correlation" in shared else {}
    )
    tests = agreement_tests(answers, dimensions, cutoff=cutoff, **shared, **simulated)
    rematched = pd.DataFrame()
    if options.rematchings:
        firm = "firm" if chosen.responses.n_firms > 1 else None
        replications = max(1, min(options.rematchings, MOST_REMATCHED // max(1, chosen.n_units)))
        rematched = rematched_agreement(
            answers, dimensions, replications=replications, seed=for_matches, firm=firm, **shared
        )
    return tests, rematched


def _indices(
    chosen: Focal,
    scales: Mapping[str, Sequence[str]],
    options: AgreementOptions,
    indices: Sequence[Index] = INDICES,
) -> AgreementResult:
    response = chosen.scale.response
    found: AgreementResult = agreement_indices(
        chosen.answers(),
        scales,
        minimum=response.minimum,
        maximum=response.maximum,
        nulls=options.nulls,
        indices=indices,
    )
    return found


def _twoway(chosen: Focal, names: list[str], options: AgreementOptions, seed: int) -> pd.DataFrame:
    """Two-way ICCs of the views of roles; empty where no unit has two roles."""
    views = chosen_focal(one_per_role(chosen.responses), chosen.scale.key)
    if not views.shares_units:
        return pd.DataFrame()
    triads = TriadData.from_long(views.scores("dimension"), names, roles=views.roles)
    return icc_twoway(triads, bootstrap=options.bootstrap, seed=topic_seeds("agreement", seed)).tidy()


def _critical(
    chosen: Focal, scales: Mapping[str, Sequence[str]], options: AgreementOptions, cutoff: float
) -> pd.DataFrame:
    """Exact critical values for pairs up to complete units; empty where they cannot be enumerated."""
    response = chosen.scale.response
    try:
        table: pd.DataFrame = critical_values(
            minimum=response.minimum,
            maximum=response.maximum,
            n_informants=range(2, min(max(_largest(chosen), 2), MOST_ENUMERATED) + 1),
            n_items=sorted({len(items) for items in scales.values()}),
            null=options.nulls[0],
            alpha=options.alpha,
            cutoff=cutoff,
        )
    except InputError:  # a null without probabilities: the tests themselves are simulated then
        return pd.DataFrame()
    return table


def _largest(chosen: Focal) -> int:
    """Informants of the largest unit."""
    return int(chosen.responses.data.loc[chosen.rows, "unit"].value_counts().max())


def _units(agreement: AgreementResult, tests: AgreementTests) -> pd.DataFrame:
    """Values and tests side by side, one row per unit and dimension."""
    table = tests.tidy()
    index = pd.MultiIndex.from_frame(table[["unit", "scale"]])
    for name in ("rwg_j", "ad_mean"):
        long = agreement.values(name).melt(var_name="scale", ignore_index=False)
        table[name] = long.set_index("scale", append=True)["value"].reindex(index).to_numpy()
    columns = [
        "unit",
        "scale",
        "rwg_j",
        "ad_mean",
        "critical",
        "p",
        "p_fdr",
        "n_informants",
        "n_items_used",
        "note",
    ]
    return pd.DataFrame(table[columns])
