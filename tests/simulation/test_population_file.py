"""A population file is checked as a whole: every fault named with its line, key and the nearest valid name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from comply_measure.errors import InputError, Problem
from comply_measure.resources import shipped
from comply_measure.simulation import load_population, simulate

SHIPPED = shipped("datasets") / "msi_triads" / "population.yaml"
TEXT = SHIPPED.read_text(encoding="utf-8")

Faults = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    def read(*changes: tuple[str, str]) -> tuple[Problem, ...]:
        text = TEXT
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        path = tmp_path / "changed.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_population(path)
        return caught.value.problems

    return read


# change, key of the file, words of the message or of what is allowed
CASES = {
    "unknown key": (
        ("  method_loading: 0.18", "  methd_loading: 0.18"),
        "items.methd_loading",
        "method_loading",
    ),
    "loading out of range": (
        ("{loading: 0.72, consensus", "{loading: 1.20, consensus"),
        "loading",
        "less than 1",
    ),
    "share above 1": (
        ("consensus_share: 0.35", "consensus_share: 1.35"),
        "consensus_share",
        "at most 1",
    ),
    "shares of units": (("{2: 0.15, 3", "{2: 0.25, 3"), "sample", "add up to 1"),
    "shares of groups": (("{de: 0.45", "{de: 0.40"), "questionnaire_language", "add up to 1"),
    "shares of careless kinds": (("straightliner: 0.5", "straightliner: 0.6"), "careless", "add up to 1"),
    "falling thresholds": (("[-2.00, -1.35", "[-1.00, -1.35"), "items", "increase"),
    "count of thresholds": (
        ("[-0.90, -0.10, 0.45", "[-0.10, 0.45"),
        "items.thresholds.rare",
        "7 answer categories need 6 thresholds, not 5",
    ),
    "thresholds of an ordered variable": (("[-0.4, 0.6]", "[-0.4]"), "customer_type", "3 categories need 2"),
    "unknown kind of variable": (("kind: nominal", "kind: nomnal"), "industry", "nominal"),
    "unknown scale": (("[comply, smsc, marker,", "[comply, smsk, marker,"), "instrument.scales.1", "smsc"),
    "unknown form": (("form: full", "form: ful"), "instrument.form", "did you mean 'full'"),
    "unknown attribute set": (
        ('attribute_set: "21"', 'attribute_set: "22"'),
        "instrument.attribute_set",
        "21",
    ),
    "unknown role": (
        ("role_bias: {sales: -0.35", "role_bias: {sale: -0.35"),
        "dimensions.C.role_bias.sale",
        "'sales'",
    ),
    "role not stated": (
        (
            "consensus_share: {marketing: 0.60, sales: 0.60, it: 0.50}",
            "consensus_share: {marketing: 0.60, sales: 0.60}",
        ),
        "alignment.consensus_share",
        "role 'it' is not stated",
    ),
    "role of a construct not stated": (
        ("consensus_share: {marketing: 0.70, sales: 0.70}", "consensus_share: {marketing: 0.70}"),
        "constructs.marketing_preparation.consensus_share",
        "role 'sales' is not stated",
    ),
    "unknown dimension": (("  C:\n    loading", "  K:\n    loading"), "dimensions.K", "unknown dimension"),
    "unknown attribute": (
        ("  digitalization: {loading", "  digitalisation: {loading"),
        "attributes.digitalisation",
        "'digitalization'",
    ),
    "unknown predictor": (("predictors: {size", "predictors: {sise"), "alignment.predictors.sise", "'size'"),
    "unknown cause": (
        ("{product_complexity: 0.45", "{product_complexty: 0.45"),
        "product_complexty",
        "'product_complexity'",
    ),
    "unknown cause of an outcome": (
        ("coefficients: {alignment: 2.0", "coefficients: {alinment: 2.0"),
        "alinment",
        "'alignment'",
    ),
    "unknown moderator": (
        ("moderator: product_facilitator", "moderator: product_facilitater"),
        "moderations.0.moderator",
        "'product_facilitator'",
    ),
    "unknown predictor of absence": (
        ("predictor: size", "predictor: alignment"),
        "missing.informants.predictor",
        "ordered or amount",
    ),
    "unknown item": (
        ("C_dig_1: 0.72", "C_dig_9: 0.72"),
        "items.constructs.digitalization.loadings.C_dig_9",
        "unknown item",
    ),
    "unknown construct of items": (
        ("    informant_competence: {thr", "    informant_competense: {thr"),
        "informant_competense",
        "'informant_competence'",
    ),
    "unknown threshold class": (
        ("{thresholds: personal", "{thresholds: persona"),
        "thresholds",
        "'personal'",
    ),
    "unknown trait": (
        ("measured_by: informant_involvement", "measured_by: informant_involved"),
        "informants.involvement.measured_by",
        "unknown construct",
    ),
    "unknown planted item": (
        ("{item: Y_tool_4", "{item: Y_tol_4"),
        "noninvariant_items.0.item",
        "'Y_tool_4'",
    ),
    "unknown role of a planted item": (
        ("role: it, threshold_shift: -0.60", "role: ti, threshold_shift: -0.60"),
        "noninvariant_items.0.role",
        "unknown role",
    ),
    "planted item of a role that is not asked it": (
        ("{item: Y_tool_4, role: it", "{item: MP_1, role: it"),
        "noninvariant_items.0.role",
        "marketing, sales",
    ),
    "planted item without a difference": (
        ("threshold_shift: -0.60", "threshold_shift: 0.0"),
        "noninvariant_items.0",
        "needs a threshold_shift",
    ),
    "straight answer off the scale": (
        ("{4: 0.40, 5", "{9: 0.40, 5"),
        "careless.straightline_answers.9",
        "1 to 7",
    ),
    "variance of an item used up": (("C_dig_1: 0.72", "C_dig_1: 0.99"), "C_dig_1", "of a variance of 1"),
    "variance of a construct used up": (
        ("paths: {alignment: 0.50}", "paths: {alignment: 1.10}"),
        "constructs.marketing_preparation",
        "explain 1.210",
    ),
    "circle": (
        ("paths: {alignment: 0.60}", "paths: {salesperson_benefits: 0.10}"),
        "constructs.joint_preparation",
        "circle",
    ),
    "moderated cause": (
        ("paths: {salesperson_preparation: -0.35", "paths: {customer_drawbacks: -0.35"),
        "constructs.marketer_drawbacks",
        "only be an end",
    ),
    "correlated with its cause": (
        ("[marketing_preparation, joint_preparation]", "[alignment, joint_preparation]"),
        "residual_correlations",
        "firm_share",
    ),
    "correlated with itself": (
        ("[marketing_preparation, joint_preparation]", "[joint_preparation, joint_preparation]"),
        "residual_correlations.0",
        "itself",
    ),
    "doubled name": (
        ("  room_daylight: ", "  alignment: "),
        "constructs",
        "names two latent variables",
    ),
    "no number": (("residual_sd: 5.5", "residual_sd: .nan"), "residual_sd", "number"),
}


@pytest.mark.parametrize("case", CASES)
def test_fault_is_named_with_its_place(case: str, faults: Faults) -> None:
    change, key, words = CASES[case]
    hits = [p for p in faults(change) if key in str(p.column) and words in f"{p.message} {p.allowed}"]
    assert hits
    assert all(
        p.file is not None and p.file.endswith("changed.yaml") and isinstance(p.row, int) for p in hits
    )


def test_line_of_the_fault(faults: Faults) -> None:
    (problem,) = faults(("  method_loading: 0.18", "  method_loading: high"))
    assert TEXT.splitlines()[int(str(problem.row)) - 1].startswith("  method_loading: 0.18")


def test_all_faults_at_once(faults: Faults) -> None:
    problems = faults(("C_dig_1: 0.72", "C_dig_9: 0.72"), ("predictors: {size", "predictors: {sise"))
    keys = {problem.column for problem in problems}
    assert {"alignment.predictors.sise", "items.constructs.digitalization.loadings.C_dig_9"} <= keys
    assert any("'C_dig_1' is not stated" in problem.message for problem in problems)


def test_missing_section(faults: Faults) -> None:
    (problem,) = faults((TEXT[TEXT.index("careless:\n") :], ""))
    assert problem.column == "careless"
    assert "missing" in problem.message


def test_cause_and_effect_cannot_have_correlated_disturbances(faults: Faults) -> None:
    pair = ("[joint_preparation, joint_follow_up]", "[joint_preparation, salesperson_benefits]")
    assert any("cannot correlate with that of its cause" in problem.message for problem in faults(pair))


def test_contradicting_residual_correlations(faults: Faults) -> None:
    changes = [
        (
            "[marketing_preparation, joint_preparation], correlation: 0.20",
            "[marketing_preparation, joint_preparation], correlation: 0.90",
        ),
        (
            "[salesperson_preparation, joint_preparation], correlation: 0.20",
            "[salesperson_preparation, joint_preparation], correlation: 0.90",
        ),
    ]
    assert any("contradict each other" in problem.message for problem in faults(*changes))


def test_yaml_that_is_no_population(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("- 1\n- 2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.yaml is not a usable population"):
        load_population(path)


def test_own_scale_with_other_roles_and_categories() -> None:
    population = load_population(Path(__file__).parent / "own_population.yaml")
    assert population.roles == ("buyer", "seller")
    assert population.attribute_parents == {"honesty": "trust", "care": "trust"}


def test_a_population_has_at_least_one_role(tmp_path: Path) -> None:
    here = Path(__file__).parent
    for folder, name in (("simulation", "own_population.yaml"), ("instrument", "own_scale.yaml")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text((here.parent / folder / name).read_text(encoding="utf-8"))
    path = tmp_path / "simulation" / "own_population.yaml"
    text = path.read_text(encoding="utf-8").replace("{seller: 0.4}", "{}").replace(", seller: 0.3", "")
    path.write_text(text.replace("roles: [buyer, seller]", "roles: [buyer]"), encoding="utf-8")
    study = simulate(load_population(path), seed=1)
    assert set(study.truth.informants["role"]) == {"buyer"}
    path.write_text(text.replace("roles: [buyer, seller]", "roles: []"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_population(path)
    assert ("roles", "must not be empty") in [(p.column, p.message) for p in caught.value.problems]


def test_attribute_set_is_a_switch() -> None:
    population = load_population(SHIPPED)
    assert "innovativeness" in population.attribute_parents
    smaller = population.with_attribute_set("20")
    assert "innovativeness" not in smaller.attribute_parents
    assert {item.id for item in population.items} - {item.id for item in smaller.items} == {
        "M_inn_1",
        "M_inn_4",
        "M_inn_3",
        "M_inn_5",
    }


def test_attribute_set_without_parameters(tmp_path: Path) -> None:
    lines = [line for line in TEXT.splitlines() if not line.strip().startswith("innovativeness:")]
    path = tmp_path / "twenty.yaml"
    path.write_text("\n".join(lines).replace('attribute_set: "21"', 'attribute_set: "20"'), encoding="utf-8")
    population = load_population(path)
    with pytest.raises(InputError, match="'innovativeness' is not stated"):
        population.with_attribute_set("21")


def test_wording_takes_variance_of_reverse_keyed_items_only(tmp_path: Path) -> None:
    """λ² + μ² + ω² < 1, with ω = 0 where an item is not reverse-keyed (hon1 is not, hon2 is)."""
    here = Path(__file__).parent
    for folder, name in (("simulation", "own_population.yaml"), ("instrument", "own_scale.yaml")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text((here.parent / folder / name).read_text(encoding="utf-8"))
    path = tmp_path / "simulation" / "own_population.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "  method_loading: 0.1\n", "  method_loading: 0.1\n  reverse_loading: 0.3\n"
    )
    path.write_text(text.replace("hon1: 0.8", "hon1: 0.97"), encoding="utf-8")
    assert load_population(path).spec.items.constructs["honesty"].loadings["hon1"] == 0.97
    path.write_text(text.replace("hon2: 0.7", "hon2: 0.97"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_population(path)
    (problem,) = caught.value.problems
    assert problem.value == 0.97
    assert problem.message == "loading, method and wording loading use 1.041 of a variance of 1"
    # the same of loadings that one role has of its own
    planted = "noninvariant_items: [{item: %s, role: buyer, loading: 0.97}]"
    path.write_text(text.replace("noninvariant_items: []", planted % "hon1"), encoding="utf-8")
    assert load_population(path).spec.noninvariant_items[0].loading == 0.97
    path.write_text(text.replace("noninvariant_items: []", planted % "hon2"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_population(path)
    assert [p.column for p in caught.value.problems] == ["noninvariant_items.0.loading"]
