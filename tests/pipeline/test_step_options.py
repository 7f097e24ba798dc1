"""Every option of every step is checked when the study is read; none is raised or ignored in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from comply_measure.errors import InputError, Problem
from comply_measure.pipeline import STEPS, load_study

HEAD = {"format": "comply-measure study 1", "title": "T", "dataset": "msi_triads"}
ESTIMATION = {
    "engine": ("lavaan", "comply"),
    "estimator": ("x", "MLR"),
    "missing": ("pairwise", "listwise"),
    "cluster": ("team", "none"),
}
SCALE = {"scale": ("komply", "did you mean 'comply'?")}
FLAG = ("perhaps", "true or false")
ROLES = "known: marketing, sales, it"
DIMENSIONS = "known: C, O, M, P, L, Y"
#: Step -> option -> a value it cannot have, and what the problem says about it.
WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "content": SCALE
    | {
        "ratings": ("absent.csv", "no such file"),
        "sorts": ("../sorts.csv", "leads outside"),
        "definitions": (3, "text"),
        "level": ("item", "attribute"),
        "minimum": ("low", "whole number"),
        "maximum": (1.5, "whole number"),
        "relevant_from": ("x", "whole number"),
        "i_cvi": (2, "at most 1.0"),
        "alpha": (1, "less than 1"),
        "anchors": (1, "at least 2"),
        "compare": FLAG,
    },
    "sample": {},
    "items": {},
    "quality": SCALE | ESTIMATION | {"at_least": (9, "at most 5")},
    "dimensionality": SCALE
    | {
        "method": ("pca", "minres"),
        "rotation": ("oblim", "oblimin"),
        "replications": (19, "at least 20"),
        "role_centred": FLAG,
    },
    "reliability": {"replications": (20, "0, for none, or at least 100"), "detail": ("some", "main")},
    "cfa": SCALE
    | ESTIMATION
    | {"models": (["one_factr"], "one_factor"), "role_centred": FLAG, "by_role": FLAG, "two_level": FLAG}
    | {"folds": (51, "at most 50")},
    "rivals": SCALE
    | ESTIMATION
    | {
        "structures": (["bifactor", "bifactor"], "named twice: bifactor"),
        "reference": ("Z", DIMENSIONS),
        "role_centred": FLAG,
        "by_role": FLAG,
        "items": FLAG,
        "replications": (20, "0, for none, or at least 100"),
        "criteria": (["customer_satisfction"], "did you mean 'customer_satisfaction'?"),
    },
    "validity": SCALE
    | ESTIMATION
    | {
        "role_centred": FLAG,
        "replications": (1, "0, for none, or at least 100"),
        "merge": FLAG,
        "fixed": FLAG,
        "by_role": FLAG,
    },
    "invariance": SCALE
    | {
        "level": ("item", "items"),
        "groups": (["x"], "unknown unit variable 'x' (known: industry"),
        "estimator": ("x", "'ML' or 'MLR'"),
        "cluster": FLAG,
        "search": FLAG,
        "alpha": ("nan", "finite number"),
    },
    "method_variance": SCALE
    | ESTIMATION
    | {
        "marker": ("x", "known: smsc, marker, desirability"),
        "role_centred": FLAG,
        "by_role": FLAG,
        "wording": FLAG,
        "worth": (1, "less than 1"),
        "marker_correlation": (2, "at most 1"),
    },
    "missing_data": SCALE
    | {
        "dimensions": (["Z"], DIMENSIONS),
        "imputations": (1, "at least 2"),
        "iterations": (0, "at least 1"),
        "donors": (0, "at least 1"),
        "cluster": ("x", "unit"),
    },
    "agreement": SCALE
    | {
        "nulls": (["uniform", "slight_skw"], "did you mean 'slight_skew'?"),
        "alpha": (0, "greater than 0"),
        "items": ("related", "correlated"),
        "rematchings": (-1, "at least 0"),
        "bootstrap": (20, "0, for none, or at least 50"),
    },
    "aggregation": {
        "centring": ("roles", "role"),
        "min_roles": (99, "more roles than answered any scale"),
        "composition": ("mean", "additive"),
        "criteria": (["industry"], "numeric unit variable 'industry'"),
        "controls": (["sizes"], "unit variable 'sizes'"),
        "known_groups": ({"region": ["dach"]}, "two groups"),
    },
    "triads": SCALE
    | {
        "replications": (199, "at least 200"),
        "generalizability": FLAG,
        "bootstrap": (49, "0, for none, or at least 50"),
        "competence": ("x", "unknown construct of the informant 'x'"),
        "criterion": ("industry", "unknown numeric unit variable 'industry'"),
    },
    "gaps": SCALE
    | {
        "cluster": FLAG,
        "alpha": (1.5, "less than 1"),
        "inference": ("CR2", "cr2"),
        "bootstrap": (98, "at least 99"),
    },
    "journey": SCALE
    | {
        "cluster": FLAG,
        "invariance": FLAG,
        "margin": (0, "greater than 0"),
        "alpha": (1, "less than 1"),
        "bootstrap": (49, "0, for none, or at least 50"),
    },
    "pairs": SCALE | {"cluster": FLAG},
    "generalisability": SCALE
    | {
        "variables": (["regoin"], "did you mean 'region'?"),
        "logs": (["industry"], "is not among the variables"),
        "paths": ([{"from": "alignment", "to": "satisfaction"}], "unknown variable 'satisfaction'"),
        "cluster": FLAG,
    },
    "informants": SCALE
    | {
        "reference": ("Z", ROLES),
        "estimator": ("GLS", "MLR"),
        "predictors": (["x"], "numeric unit variable"),
        "several_from": (19, "at least 20"),
    },
    "structure": ESTIMATION
    | {
        "form": ("block", "blocks"),
        "model": ("customer_satisfaction ~ dgital", "did you mean 'digital"),
        "outcomes": (["industry"], "numeric unit variable"),
        "hypotheses": ([], "no hypothesis is stated"),
        "measurement": ("mean", "means"),
        "interactions": ("lsm", "lms"),
        "compare": FLAG,
        "indirect": FLAG,
        "bootstrap": (20, "0, for none, or at least 100"),
        "dyads": ([{"from": "C", "to": "O", "roles": ["sales", "hr"]}], "unknown role 'hr'"),
        "by_role": ([{"from": "C", "to": "O", "owner": "hr"}], "unknown role that rates the outcome 'hr'"),
    },
    "congruence": SCALE
    | {
        "outcomes": (["industry"], "numeric unit variable or construct 'industry'"),
        "predictor": ("Z", DIMENSIONS),
        "pairs": ([["it", "Z"]], ROLES),
        "bootstrap": (0, "at least 200"),
        "cluster": FLAG,
        "latent": FLAG,
    },
    "actions": SCALE
    | {
        "norms": ("absent.csv", "no such file"),
        "alpha": (1, "less than 1"),
        "disputed": (99, "wider than the answer scale"),
        "replications": (99, "at least 100"),
    },
}


def faults(folder: Path, study: dict[str, Any]) -> dict[str, Problem]:
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(path, STEPS)
    return {str(problem.column): problem for problem in caught.value.problems}


def wrong_options(leave_out: set[str]) -> dict[str, dict[str, Any]]:
    return {
        step: {name: value for name, (value, _) in options.items() if name not in leave_out}
        for step, options in WRONG.items()
    }


def test_the_table_holds_every_option_of_every_step() -> None:
    assert {step: set(options) for step, options in WRONG.items()} == {
        name: set(step.options.model_fields) for name, step in STEPS.items()
    }


def test_every_wrong_option_is_named_in_one_round_with_unknown_steps_and_keys(tmp_path: Path) -> None:
    # What other names belong to is unknown with the scale, so that has a round of its own.
    study = HEAD | {
        "titel": "x",
        "steps": ["sampel"],
        "seed": -1,
        "options": wrong_options({"scale"}) | {"gapz": {}},
    }
    found = faults(tmp_path, study)
    for step, options in WRONG.items():
        for name, (_, text) in options.items():
            if name != "scale":
                places = [place for place in found if place.startswith(f"options.{step}.{name}")]
                assert places, f"{step}.{name} was not found wrong"
                assert any(text in str(found[place]) for place in places), str(found[places[0]])
    assert {"titel", "steps.0", "seed", "options.gapz"} <= set(found)


def test_every_step_refuses_an_unknown_scale(tmp_path: Path) -> None:
    options = {step: {"scale": "komply"} for step, known in WRONG.items() if "scale" in known}
    found = faults(tmp_path, HEAD | {"options": options})
    assert set(found) == {f"options.{step}.scale" for step in options}
    assert all("did you mean 'comply'?" in problem.message for problem in found.values())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cfa": {"estimator": "MLM"}}, "missing='ml'"),
        (
            {"cfa": {"estimator": "mlm", "missing": "listwise", "cluster": "unit"}},
            "MLM does not allow for clusters",
        ),
        ({"rivals": {"structures": ["one_factor"], "reference": "C"}}, "leave out bifactor_s1"),
        ({"congruence": {"pairs": [["it", "it"]]}}, "two different roles"),
        ({"congruence": {"outcomes": ["customer_retention"] * 2}}, "named twice: customer_retention"),
        ({"content": {"minimum": 3, "maximum": 2}}, "must rise"),
        ({"structure": {"model": "a =~"}}, "model"),
        ({"actions": {"disputed": "inf"}}, "finite"),
        ({"method_variance": {"marker": "comply"}}, "unknown marker scale 'comply'"),
        ({"aggregation": None, "gaps": [1]}, "must be a mapping"),
    ],
)
def test_options_that_do_not_fit_each_other_are_refused(
    tmp_path: Path, options: dict[str, Any], text: str
) -> None:
    found = faults(tmp_path, HEAD | {"options": options})
    assert text in " ".join(map(str, found.values()))


def test_clusters_need_firms(own_study: Path) -> None:
    text = own_study.read_text(encoding="utf-8")
    own_study.write_text(
        text + "options:\n  cfa: {cluster: firm}\n  gaps: {cluster: true}\n  invariance: {cluster: false}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load_study(own_study, STEPS)
    assert [problem.column for problem in caught.value.problems] == [
        "options.cfa.cluster",
        "options.gaps.cluster",
    ]
    assert "no firms" in str(caught.value)


def test_problems_of_the_data_join_those_of_the_options(own_study: Path) -> None:
    data = own_study.parent / "answers.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("buyer", "pilot", 1), encoding="utf-8")
    text = own_study.read_text(encoding="utf-8")
    own_study.write_text(
        text + "options:\n  congruence: {predictor: x}\n  gaps: {alpha: 2}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        load_study(own_study, STEPS)
    assert "pilot" in str(caught.value)
    assert "options.gaps.alpha" in str(caught.value)


def test_options_that_fit_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    options = {
        "rivals": {"reference": "O", "criteria": ["customer_satisfaction"], "replications": 0},
        "informants": {"reference": "it", "predictors": ["size"]},
        "congruence": {"outcomes": ["customer_satisfaction"], "pairs": [["it", "sales"], ["sales", "it"]]},
        "structure": {"model": "customer_satisfaction ~ C + size"},
        "cfa": {"estimator": "gls", "missing": "listwise"},
        "aggregation": {"min_roles": 3},
        "agreement": {"nulls": ["heavy_skew"], "bootstrap": 50},
    }
    path.write_text(yaml.safe_dump(HEAD | {"options": options}), encoding="utf-8")
    steps = load_study(path, STEPS).steps
    assert steps["rivals"].model_dump()["reference"] == "O"
    cfa = steps["cfa"].model_dump()
    assert (cfa["estimator"], cfa["cluster"]) == ("GLS", "none")
