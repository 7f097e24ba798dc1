"""One call that works for every public function of every room: small data, few replications."""

from __future__ import annotations

import importlib
import inspect
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from recipes import made

from comply_measure import measurement as m, models as mo, sem, simulation as si, triads as tr
from comply_measure.instrument import load_scale, translation_table
from comply_measure.models import cutoffs, informants, invariance, rivals
from comply_measure.responses import responses_from_frame
from comply_measure.triads import congruence

ROOMS = (
    "sem",
    "measurement",
    "triads",
    "models",
    "simulation",
    "responses",
    "survey",
    "instrument",
    "framework",
)
ROOT = Path(__file__).parent.parent.parent
ROLES = ("marketing", "sales", "it")
SCALES = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
ITEMS = [item for items in SCALES.values() for item in items]
KEYS = list(SCALES)
FIELDED = ROOT / "tests" / "instrument" / "fielded_scale.yaml"
PLAN = ROOT / "tests" / "survey" / "plans" / "three_forms.yaml"


def public_functions() -> dict[str, Callable[..., Any]]:
    """Every public function of every room, by ``room.name``; a function of two rooms once."""
    found: dict[str, Callable[..., Any]] = {}
    seen: set[Callable[..., Any]] = set()
    for room in ROOMS:
        package = ROOT / "comply_measure" / room
        for part in sorted(package.rglob("__init__.py")):
            name = ".".join(part.parent.relative_to(ROOT / "comply_measure").parts)
            module = importlib.import_module(f"comply_measure.{name}")
            if name != room and "open_door" not in part.read_text(encoding="utf-8"):
                continue  # not a door
            for public in getattr(module, "__all__", ()):
                value = getattr(module, public)
                if inspect.isfunction(value) and inspect.unwrap(value) not in seen:
                    seen.add(inspect.unwrap(value))
                    found[f"{name}.{public}"] = value
    return found


@cache
def answers(n_units: int = 20) -> pd.DataFrame:
    """Three constructs of three seven-point items, three roles per unit, two units per firm."""
    rng = np.random.default_rng(7)
    shared = np.repeat(rng.normal(size=(n_units, 3)), 3, axis=0)
    latent = np.repeat(0.7 * shared + 0.7 * rng.normal(size=shared.shape), 3, axis=1)
    values = np.clip(np.round(4 + 1.2 * latent + 0.9 * rng.normal(size=latent.shape)), 1, 7)
    data = pd.DataFrame(values, columns=ITEMS)
    unit = np.repeat(np.arange(n_units), 3)
    data.insert(0, "unit", [f"u{u}" for u in unit])
    data.insert(1, "firm", [f"f{u // 2}" for u in unit])
    data.insert(2, "role", list(ROLES) * n_units)
    for key, items in SCALES.items():
        data[key] = data[items].mean(axis=1)
    return data


@cache
def numbers() -> np.ndarray:
    return made(_items, answers())


def _items(data: pd.DataFrame) -> np.ndarray:
    return data[ITEMS].to_numpy(dtype=float)


@cache
def correlation() -> Any:
    return made(m.correlate, answers(), ITEMS)


@cache
def wide() -> pd.DataFrame:
    return made(_wide, answers(150))


def _wide(long: pd.DataFrame) -> pd.DataFrame:
    data = informants.wide_frame(long, ["a1", "a2", "a3", *KEYS], ROLES)
    data["z"] = data["A.sales"] - 0.2 * data["A.it"] ** 2 + np.random.default_rng(1).normal(size=len(data))
    return data


@cache
def cfa() -> Any:
    return made(m.fit_measurement, answers(60), SCALES, estimator="ML")


@cache
def bifactor_fit() -> Any:
    return made(sem.fit, rivals.bifactor(SCALES), answers(400))


@cache
def triad_data() -> Any:
    return made(tr.TriadData.from_long, answers(), columns=KEYS, roles=ROLES)


@cache
def stage_data() -> Any:
    stages = dict(zip(("first", "second", "third"), "abc", strict=True))
    columns = {stage: {str(k): f"{letter}{k}" for k in (1, 2, 3)} for stage, letter in stages.items()}
    return tr.StageData.from_long(answers(), columns, roles=ROLES)


@cache
def journey_population() -> Any:
    return si.load_journey_population(ROOT / "datasets" / "journey_triads" / "population.yaml").with_firms(4)


@cache
def pair_population() -> Any:
    return si.load_pair_population(ROOT / "datasets" / "pair_triads" / "population.yaml").with_firms(4)


@cache
def group_ladder() -> Any:
    design = made(invariance.group_design, answers(60), {"A": SCALES["A"], "B": SCALES["B"]}, "role")
    return made(invariance.invariance_ladder, design, levels=["configural", "metric"])


@cache
def congruence_fit() -> Any:
    text = informants.latent_congruence_model("A", SCALES["A"], ROLES, outcomes=["z"])
    return made(sem.fit, text, wide(), meanstructure=True)


@cache
def interchangeable_fit() -> Any:
    """Two informants of one role, one of another: the first two of the three roles stand for one."""
    numbers, people = {"sales": 2, "it": 1}, answers(400).replace({"role": {"marketing": "sales"}})
    text = informants.interchangeable_ct_cm1_model("A", SCALES["A"], numbers, "sales")
    return made(
        sem.fit, text, made(informants.informants_wide, people, SCALES["A"], numbers), meanstructure=True
    )


@cache
def polynomial() -> Any:
    return made(congruence.polynomial_regression, wide(), "A.sales", "A.it", "z")


@cache
def coarse() -> pd.DataFrame:
    """Four categories, each given in every role."""
    return made(_coarse, answers(60))


def _coarse(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(**np.clip(np.round(data[ITEMS] / 2), 1, 3))


@cache
def imputation() -> Any:
    return made(
        m.multiple_imputation, imputation_source(), SCALES["A"], seed=1, n_imputations=2, n_iterations=1
    )


@cache
def population() -> Any:
    return si.load_population(population_path())


def population_path() -> Path:
    return ROOT / "tests" / "simulation" / "own_population.yaml"


def prepared(folder: Path) -> Path:
    """A folder with the files that good calls read."""
    shutil.copy(ROOT / "analyses" / "content_validity" / "ratings.csv", folder)
    (folder / "sorts.csv").write_text("judge,a\n1,A\n2,B\n", encoding="utf-8")
    (folder / "experts.csv").write_text("expert,a,b\n1,4,3\n2,3,4\n3,4,4\n", encoding="utf-8")
    (folder / "definitions.csv").write_text("judge,item,A,B\n1,a,7,2\n", encoding="utf-8")
    return folder


def spread(function: Callable[..., Any], arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by name as those of a call: what stands before a parameter with ``*`` goes by place, too."""
    kinds, named, by_place = inspect.signature(function).parameters, dict(arguments), []
    for key, kind in kinds.items():
        if kind.kind is inspect.Parameter.VAR_POSITIONAL:
            before = [other for other in list(kinds)[: list(kinds).index(key)] if other in named]
            by_place = [*(named.pop(other) for other in before), *named.pop(key, ())]
    return by_place, named


def calls(folder: Path) -> dict[str, dict[str, Any]]:
    """Arguments by name, for every public function."""
    data, x = answers(), numbers()
    cov = made(_covariance, x)
    r = made(_correlation, x)
    unit = np.repeat(np.arange(20), 3)
    table = {"data": data, "scales": SCALES}
    fast = {"n_replications": 100, "seed": 1}
    fits = made(_fits_of, imputation())
    indices = made(m.careless_indices, data[ITEMS], data[ITEMS], SCALES, 1, 7)
    found: dict[str, dict[str, Any]] = {}

    def put(room: str, **given: dict[str, Any]) -> None:
        found.update({f"{room}.{name}": arguments for name, arguments in given.items()})

    put(
        "measurement",
        alpha_table=table,
        average_variance_extracted={"loadings": [0.7, 0.8]},
        bartlett_sphericity={"correlation": r, "n": 60},
        bootstrap={"values": x, "statistic": lambda c: c.sum(axis=(1, 2))[:, None], **fast},
        careless_flags={"indices": indices},
        careless_indices={
            "answers": data[ITEMS],
            "scored": data[ITEMS],
            "scales": SCALES,
            "minimum": 1,
            "maximum": 7,
        },
        categorical_omega={"common": np.full((3, 3), 0.5), "thresholds": [[-1.0, 0.0, 1.0]] * 3},
        compare_missing={
            "model": "A =~ a1 + a2 + a3",
            "imputation": imputation(),
            "methods": ["listwise (MLR)"],
        },
        comparison_data={
            "correlation": correlation(),
            "seed": 1,
            "n_samples": 20,
            "population": 500,
            "max_factors": 1,
        },
        composite_reliability={"loadings": [0.7, 0.8]},
        content_evidence={"scale": load_scale("comply"), "ratings": folder / "ratings.csv"},
        content_validity={"ratings": pd.DataFrame({"i1": [4, 3, 4], "i2": [3, 3, 2]})},
        convergent_validity={"fit": cfa(), "scales": SCALES},
        correlate={"data": data, "items": ITEMS},
        cronbach_alpha={"values": x},
        cvr_critical={"n_experts": 9},
        default_cutoffs={"indices": indices},
        definitional_ratings={
            "ratings": pd.DataFrame(
                {"judge": [1, 1], "item": ["a", "a"], "construct": ["A", "B"], "rating": [7, 2]}
            ),
            "intended": {"a": "A"},
            "anchors": 7,
        },
        discriminant_validity={**table, "cutoffs": (), "merge": False},
        empirical_kaiser={"correlation": correlation()},
        even_odd={"answers": x, "scales": [[0, 1, 2], [3, 4, 5], [6, 7, 8]]},
        exploratory_sem={"data": data, "items": ITEMS, "n_factors": 2},
        explore={"data": data, "items": ITEMS, "n_factors": 2},
        explore_and_confirm={"data": data, "items": ITEMS, "seed": 1, "n_factors": 2},
        extract={"correlation": r, "n_factors": 2},
        factor_solution={"correlation": correlation(), "n_factors": 2},
        feldt_interval={"alpha": 0.8, "n": 50, "n_items": 3},
        fit_measurement=table,
        fit_reliability={"fit": cfa()},
        global_item_correlations={"data": data, "own": {"A": "b1"}, **fast},
        greatest_lower_bound={"covariance": cov},
        guttman_errors={"answers": x, "minimum": 1, "maximum": 7},
        guttman_lambda2={"covariance": cov},
        guttman_lambda6={"covariance": cov},
        heterotrait_monotrait={**table, **fast},
        hierarchical_omega={"correlation": r},
        individual_variability={"answers": x},
        inter_item_table=table,
        item_analysis=table,
        item_sort={
            "assignments": pd.DataFrame({"a": ["A", "B"]}),
            "intended": {"a": "A"},
            "constructs": ["A", "B"],
        },
        item_totals={"covariance": cov},
        kmo={"correlation": r},
        level_covariances={"values": x[:, :3], "unit": unit},
        little_mcar={"data": imputation_source(), "items": SCALES["A"]},
        longstring={"answers": x},
        mahalanobis={"answers": x},
        mardia=table,
        maximal_reliability={"standardized": np.array([0.7, 0.8])},
        minimum_average_partial={"correlation": correlation()},
        missingness_predictors={
            "kinds": [
                m.MissingCounts("x", np.arange(60) % 4.0, np.full(60, 9.0), unit, answers()[["role", "a1"]])
            ]
        },
        missing_table={"data": data, "items": ITEMS},
        multilevel_reliability={"values": x[:, :3], "unit": unit},
        multiple_imputation={
            "data": imputation_source(),
            "items": SCALES["A"],
            "seed": 1,
            "n_imputations": 2,
            "n_iterations": 1,
        },
        omega_total={"loadings": [0.7, 0.8], "residual_variances": [0.5, 0.4]},
        one_factor={"covariances": cov[None]},
        ordinal_reliability={"values": x[:, :3]},
        parallel_analysis={"correlation": correlation(), "n_replications": 20, "seed": 1},
        pattern_homogeneity={
            "data": answers(60).mask(
                answers(60)[["a1"]]
                .assign(a1=np.arange(180) % 3 == 0)
                .reindex(columns=answers(60).columns, fill_value=False)
            ),
            "items": SCALES["A"],
            "seed": 1,
            "n_permutations": 99,
        },
        person_total={"answers": x},
        pool_chisquare={"statistics": [3.0, 4.0], "df": 2.0},
        pool_likelihood_ratio={"fits": fits},
        pool_scalars={"estimates": [0.5, 0.6], "variances": [0.1, 0.1]},
        pool_wald={"estimates": [[0.5], [0.6]], "covariances": [[[0.1]], [[0.1]]]},
        pooled_estimates={"fits": fits},
        psychometric_pairs={"answers": x},
        read_definitional_ratings={
            "path": folder / "definitions.csv",
            "items": ["a"],
            "constructs": ["A", "B"],
        },
        read_expert_ratings={"path": folder / "experts.csv", "items": ["a", "b"]},
        read_item_sorts={"path": folder / "sorts.csv", "items": ["a"], "constructs": ["A", "B"]},
        reliability_coefficients={},
        reliability_table=table,
        retest={"values": x[:, :2]},
        retest_table={"data": data, "scores": {"A": ["a1", "a2"]}},
        rotate={"loadings": np.linalg.svd(r)[0][:, :2]},
        sampling_adequacy={"correlation": correlation()},
        sort_critical={"n_judges": 20, "n_constructs": 6},
        split_half={"covariance": cov},
        split_units={"data": data, "seed": 1},
        unit_answers={"values": x, "unit": unit, "role": np.array(list(ROLES) * 20)},
        validity_matrices={**table, **fast, "pooled": True, "by": None},
        validity_matrix={**table, **fast},
    )
    two = {"A": SCALES["A"], "B": SCALES["B"]}
    put(
        "models",
        actor_partner={"data": data, "predictors": "A", "outcome": "B", "roles": ROLES[:2], "draws": 100},
        congeneric_reliability={"data": data, "scales": {"A": SCALES["A"]}},
        correlated_factors={"factors": SCALES},
        cross_validate={
            "models": {"one": "f =~ a1 + a2 + a3", "same": "f =~ a1 + 1*a2 + 1*a3"},
            "data": data,
            "variables": ["a1", "a2", "a3"],
            "baseline": "one",
            "cluster": "unit",
            "seed": 1,
            "folds": 2,
        },
        factors_of={"scale": load_scale("comply")},
        one_factor={"name": "A", "indicators": ["a1", "a2"]},
        role_paths={"data": data, "predictors": "A", "outcome": "B", "roles": ROLES, "owner": ROLES[0]},
        second_order={"factors": SCALES},
        selling_center_hypotheses={},
        selling_center_moderations={},
        selling_center_model={"dimensions": KEYS},
    )
    put(
        "models.cutoffs",
        dynamic_cutoffs={"fit": cfa_complete(), "n_replications": 100, "seed": 1, "max_levels": 1},
        factor_structure={"fit": cfa_complete()},
        misspecifications={"structure": made(cutoffs.factor_structure, cfa_complete())},
    )
    put(
        "models.informants",
        common_fate_model={"dimensions": KEYS, "roles": ROLES},
        contrast_names={"factor": "A", "roles": ROLES},
        ct_cm1_model={"factors": two, "roles": ROLES, "reference": "sales"},
        ct_cm_model={"dimensions": KEYS, "roles": ROLES},
        ct_cu_model={"dimensions": KEYS, "roles": ROLES},
        effects_table={"fit": congruence_fit()},
        joint_tests={"fit": congruence_fit(), "latent": ["A.level"], "outcomes": ["z"]},
        latent_congruence_model={"factor": "A", "items": SCALES["A"], "roles": ROLES},
        informants_wide={"data": data, "variables": ["a1"], "numbers": dict.fromkeys(ROLES, 2)},
        interchangeable_ct_cm1_model={
            "trait": "A",
            "variables": ["a1", "a2"],
            "numbers": dict.fromkeys(ROLES, 2),
            "reference": "sales",
        },
        interchangeable_shares={
            "estimates": made(_estimates, interchangeable_fit()),
            "trait": "A",
            "variables": SCALES["A"],
            "numbers": {"sales": 2, "it": 1},
        },
        latent_gaps={"fit": congruence_fit(), "factor": "A", "roles": ROLES},
        latent_polynomial={
            "wide": wide(),
            "factor": "A",
            "items": SCALES["A"],
            "roles": ["sales", "it"],
            "outcome": "z",
            "centre": 4.0,
            "replications": 20,
        },
        latent_polynomial_model={
            "factor": "A",
            "items": SCALES["A"],
            "roles": ["sales", "it"],
            "outcome": "z",
        },
        mtmm_table={"wide": wide(), "dimensions": KEYS, "roles": ROLES},
        pair_states_model={"pairs": {"x": ["sales", "it"], "y": ["sales", ROLES[0]]}, "roles": ROLES},
        product_indicators={"wide": wide(), "items": SCALES["A"], "roles": ["sales", "it"]},
        role_contrasts={"n_roles": 3},
        role_invariance_model={"factors": two, "roles": ROLES, "level": "metric"},
        trifactor_model={"items": SCALES["A"], "roles": ROLES},
        variance_shares={"estimates": made(_estimates, made(sem.fit, "A =~ a1 + a2 + a3", data))},
        long_frame={
            "wide": made(pd.DataFrame.dropna, wide(), axis=1, how="all"),
            "variables": ["a1"],
            "roles": ROLES,
        },
        wide_column={"variable": "a1", "role": "sales"},
        wide_frame={"data": data, "variables": ["a1"], "roles": ROLES},
    )
    design, metric = made(_design, group_ladder()), made(_metric, group_ladder())
    put(
        "models.invariance",
        adjust_pvalues={"pvalues": [0.01, 0.5], "adjust": "fdr"},
        collapse_categories={"data": data, "items": SCALES["A"], "group": "role"},
        d_macs={
            "loading": (1.0, 0.9),
            "intercept": (0.0, 0.1),
            "focal_mean": 0.0,
            "focal_variance": 1.0,
            "standard_deviation": 1.0,
        },
        group_design={"data": data, "factors": two, "group": "role"},
        invariance_effects={"design": design, "fit": metric},
        invariance_ladder={"design": design, "levels": ["configural"]},
        item_parameters={"design": design, "fit": metric},
        ordinal_group_design={"data": coarse(), "factors": two, "group": "role"},
        ordinal_invariance_model={
            "factors": {"A": SCALES["A"]},
            "categories": {"a1": 5, "a2": 5, "a3": 5},
            "n_groups": 2,
            "level": "thresholds",
        },
        partial_invariance={"design": design, "levels": ["metric"]},
        role_design={"data": data, "factors": two, "roles": ROLES},
        score_statistics={"fit": metric, "directions": [[0]]},
        stage_design={
            "data": data,
            "columns": {"s1": {"a1": "a1", "a2": "a2"}, "s2": {"a1": "b1", "a2": "b2"}},
        },
    )
    put(
        "models.method_variance",
        latent_method_factor={"data": answers(60), "factors": two},
        marker_analysis={"data": answers(60), "factors": two, "marker": SCALES["C"]},
        single_factor_share={"data": data, "items": ITEMS},
        wording_factor={"data": answers(60), "factors": SCALES, "reversed_items": ["a3", "b3", "c3"]},
    )
    put(
        "models.rivals",
        bifactor={"factors": SCALES},
        bifactor_indices={
            "general": np.array([0.6, 0.6, 0.5]),
            "specific": np.array([[0.3], [0.3], [0.3]]),
            "names": ["g", "s"],
            "items": ["a", "b", "c"],
        },
        bifactor_s1={"factors": SCALES},
        compare_rivals={"data": data, "factors": SCALES, "keys": ["one_factor", "correlated"]},
        composite_model={"factors": SCALES},
        composite_weights={"estimates": made(_estimates, composite_fit()), "factors": SCALES},
        edwards_tests={
            "data": made(_with_criterion, answers(240)),
            "factors": SCALES,
            "criteria": {"z": ["z"]},
        },
        general_factor_indices={"fit": bifactor_fit(), "factors": SCALES},
        relation={"restricted": one_factor_fit(), "general": cfa_complete()},
        rival_structures={"factors": SCALES},
        schmid_leiman={"first": np.array([[0.7, 0.0], [0.0, 0.7]]), "second": np.array([0.5, 0.5])},
        tree_of={"scale": load_scale("comply")},
        vuong_test={"first": one_factor_fit(), "second": cfa_complete()},
        weighted_chisquare_tail={"x": 2.0, "weights": np.array([0.5, 0.5])},
    )
    found.update(_calls_of_data_rooms(folder))
    found.update(_calls_of_triads())
    found.update(_calls_of_the_engine())
    return found


@cache
def cfa_complete() -> Any:
    return made(sem.fit, mo.correlated_factors(SCALES), answers(60))


@cache
def one_factor_fit() -> Any:
    return made(sem.fit, mo.one_factor("G", ITEMS), answers(60))


@cache
def composite_fit() -> Any:
    return made(sem.fit, rivals.composite_model(SCALES), answers(60))


@cache
def imputation_source() -> pd.DataFrame:
    return made(_imputation_source, answers())


def _imputation_source(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(a1=data["a1"].mask(data.index.isin([3, 8])))


def _covariance(x: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(x, rowvar=False))


def _correlation(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_2d(np.corrcoef(x, rowvar=False))


def _fits_of(source: Any) -> list[Any]:
    return [sem.fit("A =~ a1 + a2 + a3", frame) for frame in source.frames()]


def _columns(data: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return data[columns]


def _estimates(fit: Any) -> pd.DataFrame:
    return fit.estimates.copy()


def _design(ladder: Any) -> Any:
    return ladder.design


def _metric(ladder: Any) -> Any:
    return ladder.step("metric").fit


def _with_criterion(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(z=np.random.default_rng(2).normal(size=len(data)))


def fielded(form: str, n_units: int = 1) -> Any:
    """Answers of three roles to one form of a scale with pairs and attention items."""
    scale = load_scale(FIELDED)
    columns = {item.id: [1, 2, 3] * n_units for item in scale.items_for(form, "large")}
    units = [f"u{number}" for number in range(1, n_units + 1) for _ in scale.roles]
    table = pd.DataFrame({"unit": units, "role": list(scale.roles) * n_units} | columns)
    return responses_from_frame(table, scale, form=form, attribute_set="large")


def _calls_of_data_rooms(folder: Path) -> dict[str, dict[str, Any]]:
    scale = load_scale("comply")
    p = population()
    frame = asked(scale)
    frame.to_csv(folder / "informants.csv", index=False)
    answers().to_csv(folder / "export.csv", index=False)
    return {
        "simulation.implied_gaps": {"population": p},
        "simulation.implied_icc": {"population": p},
        "simulation.implied_loadings": {"population": p},
        "simulation.implied_reliability": {"population": p},
        "simulation.item_moments": {"population": p},
        "simulation.load_journey_population": {
            "path": ROOT / "datasets" / "journey_triads" / "population.yaml"
        },
        "simulation.load_pair_population": {"path": ROOT / "datasets" / "pair_triads" / "population.yaml"},
        "simulation.simulate_pairs": {"population": pair_population(), "seed": 1},
        "simulation.load_population": {"path": population_path()},
        "simulation.null_population": {"population": p, "key": "no_gaps"},
        "simulation.score_moments": {"population": p, "level": "dimension"},
        "simulation.simulate_journey": {"population": journey_population(), "seed": 1},
        "simulation.simulate": {"population": p, "seed": 1},
        "simulation.simulate_to_folder": {
            "population_path": population_path(),
            "folder": folder / "out",
            "seed": 1,
        },
        "simulation.truth_reference": {},
        "simulation.stand_in": {"responses": fielded("full", 12), "seed": 1},
        "simulation.unit_reference": {"population": p, "n_units": 3200, "seed": 1},
        "simulation.write_study": {
            "study": study(),
            "folder": folder / "out2",
            "population_path": population_path(),
        },
        "responses.dataset_path": {"name": "msi_triads"},
        "responses.describe_dataset": {"name": "msi_triads"},
        "responses.instructions_followed": {"responses": fielded("full")},
        "responses.list_datasets": {},
        "responses.coarsened": {"responses": fielded("full")},
        "responses.safer_cells": {"responses": fielded("full"), "variables": ["role"]},
        "responses.small_cells": {"responses": fielded("full"), "variables": ["role"]},
        "responses.each_informant": {"responses": fielded("full")},
        "responses.one_per_role": {"responses": fielded("full")},
        "responses.load_dataset": {"name": "comply_informants"},
        "responses.neutralise_cell": {"value": "=1"},
        "responses.pair_ratings": {"responses": fielded("dyad")},
        "responses.read_responses": {"path": folder / "informants.csv", "scales": scale},
        "responses.responses_from_frame": {"frame": frame, "scales": scale},
        "responses.sketch_answers": {"path": folder / "export.csv"},
        "responses.study_variables": {"responses": fielded("full")},
        "responses.variable_table": {"responses": fielded("full")},
        "responses.write_dataset": {"responses": fielded("full"), "folder": folder / "set", "name": "x"},
        "responses.write_csv": {"frame": frame, "path": folder / "t.csv"},
        "responses.write_xlsx": {"frame": frame.head(3), "path": folder / "t.xlsx"},
        "instrument.check_scale": {"path": folder / "informants.csv"},
        "instrument.codebook": {"scale": scale},
        "instrument.construct_definitions": {"scale": scale},
        "instrument.describe_scale": {"scale": scale},
        "instrument.describe_scales": {},
        "instrument.draft_scale": {"items": pd.DataFrame({"text": ["They listen.", "They help."]})},
        "instrument.development_kit": {"scale": load_scale(FIELDED)},
        "instrument.durations": {"scales": load_scale(FIELDED)},
        "instrument.fitted_tree": {"scale": scale},
        "instrument.item_pool": {"scale": scale},
        "instrument.questionnaire": {"scales": load_scale(FIELDED), "role": "buyer"},
        "instrument.scale_notes": {"scale": scale},
        "instrument.translation_table": {"scale": "marker", "language": "fr"},
        "instrument.compare_back_translation": {
            "table": translation_table("marker", "fr").assign(back_translation=lambda t: t["en"]),
            "source": "en",
        },
        "instrument.translated_scale": {
            "scale": "marker",
            "table": translation_table("marker", "fr").assign(translation=lambda t: t["en"]),
            "language": "fr",
        },
        "instrument.readability": {"scale": scale},
        "instrument.list_scales": {},
        "instrument.load_scale": {"name_or_path": "comply"},
        **_survey_calls(folder),
        "framework.attribute": {"key": "digitalization"},
        "framework.attributes": {},
        "framework.dimension": {"key": "C"},
        "framework.dimensions": {},
        "framework.inconsistencies": {},
        "framework.intervention": {"key": _first("INTERVENTIONS")},
        "framework.interventions": {},
        "framework.journey_stage": {"key": _first("JOURNEY_STAGES")},
        "framework.journey_stages": {},
        "framework.levers": {"attribute": "digitalization"},
        "framework.relations": {},
        "framework.require_attribute_set": {"name": "20"},
        "framework.role": {"key": "sales"},
        "framework.roles": {},
        "framework.smsc_construct": {"key": _first("SMSC_CONSTRUCTS")},
        "framework.smsc_constructs": {},
    }


def _survey_calls(folder: Path) -> dict[str, dict[str, Any]]:
    from comply_measure.survey import linking_codes, load_survey, survey_sheet

    plan = load_survey(PLAN)
    sheet = survey_sheet(plan, "buyer", "1")
    row: dict[str, Any] = {
        name: "" for entry in sheet.fields for name in entry.variables if entry.kind != "several"
    }
    row |= {"tools": "", "board": "", "consent_given": 1, "Ord_1": 3, "role": "buyer", "planned_form": "1"}
    row["code"] = linking_codes(plan, ["one"], "a secret key")["code"].iloc[0]
    pd.DataFrame([row]).to_csv(folder / "returned.csv", index=False)
    return {
        "survey.check_survey": {"path": PLAN},
        "survey.export_survey": {"plan": plan, "out": folder / "exported", "tools": ["redcap"]},
        "survey.linking_codes": {"plan": plan, "units": ["one", "two"], "key": "a secret key"},
        "survey.list_surveys": {},
        "survey.load_survey": {"name_or_path": "comply_smsc"},
        "survey.missingness_matrix": {"plan": plan},
        "survey.pair_coverage": {"plan": plan},
        "survey.plan_described": {"plan": plan},
        "survey.read_survey": {"plan": plan, "files": folder / "returned.csv"},
        "survey.sheet_table": {"sheet": sheet},
        "survey.survey_files": {"plan": plan, "tool": "redcap"},
        "survey.survey_notes": {"plan": plan},
        "survey.survey_overview": {"plan": plan},
        "survey.survey_sheet": {"plan": plan, "role": "buyer", "form": "1"},
        "survey.survey_sheets": {"plan": plan},
    }


def asked(scale: Any) -> pd.DataFrame:
    """Two informants of one unit who answer every item with 4."""
    key = pd.DataFrame({"unit": "u1", "firm": "f1", "role": ["sales", "it"], "informant": ["i1", "i2"]})
    items = [item.id for item in scale.items_for("full")]
    return pd.concat([key, pd.DataFrame(4, index=key.index, columns=items)], axis=1)


def _first(table: str) -> str:
    entries = getattr(importlib.import_module("comply_measure.framework"), table)
    entry = next(iter(entries.values() if hasattr(entries, "values") else entries))
    return str(entry.key)


@cache
def study() -> Any:
    return si.simulate(population(), 1)


def _calls_of_triads() -> dict[str, dict[str, Any]]:
    data, long = triad_data(), answers()
    ends = {"minimum": 1.0, "maximum": 7.0}
    table = {"data": long, "scales": SCALES, **ends}
    given = {
        "aggregate": {"data": data},
        "aggregation_sensitivity": {"data": data},
        "agreement_indices": table,
        "agreement_tests": {**table, "replications": 100, "seed": 1},
        "attribute_actions": {"data": data, "low": 4.0, "replications": 100, "seed": 1},
        "blup_scores": {"data": data},
        "common_fate_scores": {"data": data},
        "completeness_patterns": {"data": data},
        "critical_values": {**ends, "n_items": [1]},
        "exact_distribution": {"n_informants": [3], "null": tr.null_distribution("uniform", 1, 5)},
        "g_study": {"data": data},
        "dispersion_differences": {"data": stage_data()},
        "gap_reliability": {"data": data, "reliability": 0.8},
        "gap_tests": {"data": data},
        "icc_oneway": {"data": long, "columns": KEYS},
        "icc_oneway_reml": {"data": long, "columns": KEYS},
        "icc_twoway": {"data": data},
        "incremental_validity": {"data": long, "criteria": ["C"], "score": "A", "controls": ["B"]},
        "known_groups": {"data": long, "groupings": {"role": ["sales", "it"]}, "score": "A"},
        "missing_role_test": {"data": data},
        "null_correlations": {
            "data": long,
            "scales": SCALES,
            "null": tr.null_distribution("uniform", **ends),
        },
        "null_distribution": {"null": "uniform", **ends},
        "odd_role_out": {"data": data},
        "profile_similarity": {"data": data},
        "pseudo_baseline": {"data": data, "replications": 19, "seed": 1},
        "pseudo_triads": {"data": data, "seed": 1},
        "random_group_resampling": {"data": long, "columns": KEYS, "replications": 19, "seed": 1},
        "rematched_agreement": {**table, "replications": 2, "draws": 100, "seed": 1},
        "role_contrasts": {"data": data},
        "role_dispersion": {"data": data},
        "role_gaps": {"data": data},
        "rwg": {"data": long, "columns": ["a1"], **ends},
        "rwg_j": table,
        "stage_differences": {"data": stage_data()},
        "stage_dimensions": {"data": stage_data()},
        "stage_gaps": {"data": stage_data()},
        "stage_profile": {"data": stage_data()},
        "stage_shape": {"data": stage_data(), "loop": ("first", "third")},
        "stage_tests": {"data": stage_data()},
        "unit_reliability": {"data": data},
        "nested_g_study": {"data": long, "columns": KEYS},
        "role_agreement": table,
        "role_reliability": {"data": long, "columns": KEYS},
        "role_views": {"data": long, "columns": KEYS},
        "variance_levels": {"data": long, "columns": KEYS, "levels": ["unit"]},
        "view_gaps": {"data": long, "columns": KEYS},
        "waba": {"data": long, "columns": KEYS},
        "weigh_informants": {"data": long, "columns": KEYS},
        "congruence.congruence_checklist": {
            "fit": polynomial(),
            "surface": made(congruence.response_surface, polynomial(), bootstrap=20),
        },
        "congruence.congruence_models": {"fit": polynomial()},
        "congruence.polynomial_regression": {"data": wide(), "x": "A.sales", "y": "A.it", "outcome": "z"},
        "congruence.response_surface": {"fit": polynomial(), "bootstrap": 20},
    }
    return {f"triads.{name}": arguments for name, arguments in given.items()}


def _calls_of_the_engine() -> dict[str, dict[str, Any]]:
    text, data = "A =~ a1 + a2 + a3", answers()
    x = made(_columns, data, SCALES["A"])
    other = made(sem.fit, f"{text}\na1 ~~ 0.5*a1", data)
    moderated = made(sem.fit, "a1 ~ b1 + c1 + b1:c1", data)
    given = {
        "compare": {"fits": (made(sem.fit, text, data), other)},
        "fit": {"model": text, "data": data},
        "from_moments": {"model": text, "cov": made(pd.DataFrame.cov, x), "nobs": 60},
        "indirect_effects": {"fit": made(sem.fit, "b1 ~ a1\nc1 ~ a1 + b1", data), "draws": 100},
        "johnson_neyman": {"fit": moderated},
        "model_power": {"model": f"{text}\na1 ~~ 0.5*a1", "population": made(pd.DataFrame.cov, x), "n": 100},
        "parse_model": {"text": text},
        "product_test": {"fit": moderated},
        "quoted": {"name": "a 1"},
        "register_estimator": {"estimator": sem.Estimator("MLSB", "ml", se="robust.sem")},
        "rmsea_power": {"n": 100, "df": 10},
        "rmsea_sample_size": {"df": 10},
        "sam": {"model": f"{text}\nB =~ b1 + b2 + b3\nB ~ A", "data": data},
        "simple_slopes": {"fit": moderated},
    }
    return {f"sem.{name}": arguments for name, arguments in given.items()}


__all__ = ["ROOMS", "calls", "prepared", "public_functions", "spread"]
