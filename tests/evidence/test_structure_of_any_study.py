"""The structural model over any scales: hypotheses, measurement, moderation, few units."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, sem
from comply_measure.errors import NotApplicableError
from comply_measure.evidence import StructureOptions
from comply_measure.evidence.dyads import StatedDyad
from comply_measure.evidence.focal import focal
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import actor_partner
from comply_measure.report import Cutoffs, Labels, TableSpec
from comply_measure.report.chapters.structure import chapter
from comply_measure.report.parts import Figure, Prose
from comply_measure.report.translation.catalogue import catalogue_of
from comply_measure.report.translation.translator import Translator
from comply_measure.responses import load_dataset, one_per_role
from comply_measure.statistics.moderated_regression import moderated_regression

CONVENTIONS = {key: Cutoffs()[key].value for key in Cutoffs()}


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def scores(responses):
    return evidence.aggregation(responses)


def stated(*rows, **more):
    return StructureOptions(hypotheses=[dict(row) for row in rows], compare=False, **more)


JOINT = {"from": "alignment", "to": "joint_preparation", "label": "H1"}
SOLD = {"from": "joint_preparation", "to": "salesperson_benefits"}
OUTCOMES = ("salesperson_benefits", "marketer_benefits", "customer_drawbacks")
MODERATED = SOLD | {"moderator": "product_facilitator", "label": "H3"}


def beta(found, outcome, predictor):
    table = found.named.fit.standardized("all").set_index(["lhs", "op", "rhs"])
    return table.loc[(outcome, "~", predictor), "est_std"]


def test_products_without_error_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    X, codes = rng.normal(size=(80, 2)) + 3, np.arange(80) // 4
    y = X[:, 0] + 0.5 * X[:, 0] * X[:, 1] + rng.normal(size=80)
    found = moderated_regression(X, y, [(0,), (1,), (0, 1)], codes)
    Z = X - X.mean(axis=0)
    design = np.column_stack([np.ones(80), Z, Z[:, 0] * Z[:, 1]])
    expected = np.linalg.lstsq(design, y, rcond=None)[0]
    assert found.coefficients == pytest.approx(expected[1:], rel=1e-9)
    sums = np.stack([(design * (y - design @ expected)[:, None])[codes == c].sum(axis=0) for c in range(20)])
    bread = np.linalg.inv(design.T @ design)
    by_hand = bread @ sums.T @ sums @ bread * 20 / 19 * 79 / 76
    assert found.covariance == pytest.approx(by_hand[1:, 1:], rel=1e-9)


def test_products_with_known_error_are_those_of_the_true_values() -> None:
    """Large n: attenuated by about ρ_x ρ_z = .49 as they are, right with the error taken off, square included."""
    rng = np.random.default_rng(2)
    n = 60_000
    truth = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n)
    y = 0.4 * truth[:, 0] + 0.2 * truth[:, 1] + 0.3 * truth[:, 0] * truth[:, 1] - 0.1 * truth[:, 0] ** 2
    y += rng.normal(size=n)
    X = truth + rng.normal(size=(n, 2)) * np.sqrt(3 / 7)
    terms, codes = [(0,), (1,), (0, 1), (0, 0)], np.arange(n)
    plain = moderated_regression(X, y, terms, codes)
    found = moderated_regression(X, y, terms, codes, errors=np.full(2, 3 / 7))
    assert plain.coefficients[2] < 0.2
    assert found.coefficients == pytest.approx([0.4, 0.2, 0.3, -0.1], abs=0.03)
    assert found.variances == pytest.approx([1, 1], abs=0.03)


def test_error_of_unit_scores_is_what_alpha_of_the_roles_leaves(responses, scores) -> None:
    """With complete units 1 − θ/Var is coefficient α with roles as items."""
    variables = UnitVariables(responses, scores.scores)
    score = variables.score("joint_preparation").dropna()
    table = pd.concat([variables.view(f"joint_preparation@{r}") for r in ("marketing", "sales")], axis=1)
    complete = table.reindex(score.index).dropna()
    assert len(complete) == len(score)
    error, influence = variables.error_parts("joint_preparation")
    cov = complete.cov().to_numpy()
    alpha = 2 * (1 - np.trace(cov) / cov.sum())
    assert 1 - error / score.var(ddof=0) == pytest.approx(alpha, rel=1e-9)
    assert influence.mean() == pytest.approx(0, abs=1e-10)


def test_corrected_paths_are_nearer_to_the_planted_ones(responses, scores) -> None:
    """Planted .60; .543 of what all roles share (four studies of 6,000 units, error .005); standard errors are .07."""
    by = {
        how: beta(
            evidence.structure(responses, stated(JOINT, measurement=how), scores=scores),
            "joint_preparation",
            "alignment",
        )
        for how in ("means", "corrected", "roles", "two_level", "items", "reflective", "sam")
    }
    assert by["items"] == by["means"]  # all are formed by their items: indices either way
    assert by["means"] < by["reflective"] < by["corrected"]
    for how in ("corrected", "roles", "two_level", "sam"):
        assert by[how] == pytest.approx(0.543, abs=0.14)
    assert by["means"] == pytest.approx(0.40, abs=0.03)


def test_a_hypothesis_is_a_path_with_a_verdict(responses, scores) -> None:
    found = evidence.structure(responses, stated(JOINT, SOLD, MODERATED), scores=scores)
    verdicts = {v.rule: v for v in found.verdicts(CONVENTIONS)}
    assert [path.label for path in found.hypotheses] == ["H1", ""]
    assert verdicts["structure.path"].answer == "supported"
    assert found.moderation.table["label"].tolist() == ["H3"]
    row = found.moderation.table.iloc[0]
    by_hand = found.moderation
    data = pd.DataFrame(
        {
            name: UnitVariables(responses, scores.scores).score(name)
            for name in ("joint_preparation", "product_facilitator", "salesperson_benefits")
        }
    ).dropna()
    x, z, y = (data[name] - data[name].mean() for name in data.columns)
    b = np.linalg.lstsq(np.column_stack([np.ones(len(x)), x, z, x * z]), y, rcond=None)[0][3]
    assert row["est"] == pytest.approx(b, rel=1e-9)
    assert row["est_std"] == pytest.approx(b * np.std(x) * np.std(z) / np.std(y), rel=1e-9)
    assert row["n_units"] == len(data)
    slopes = by_hand.slopes[0].tidy()
    assert np.diff(slopes["est"]) == pytest.approx([b * z.std()] * 2, rel=1e-9)
    line = by_hand.slopes[0].lines()
    assert line["y"].mean() == pytest.approx(data["salesperson_benefits"].mean(), abs=1.0)


def test_an_expected_indirect_effect_brings_its_paths_and_has_a_verdict(responses, scores) -> None:
    """Each step holds all that is before it; the verdict's numbers are those of ``sem.indirect_effects``."""
    chain = {
        "from": "alignment", "to": "salesperson_benefits", "mediator": ["joint_preparation", "joint_follow_up"],
        "label": "H4",
    }  # fmt: skip
    found = evidence.structure(responses, stated(JOINT, chain, cluster="none"), scores=scores, seed=4)
    assert [line for line in found.model.split("\n") if " ~ " in line] == [
        "joint_preparation ~ alignment",
        "joint_follow_up ~ alignment + joint_preparation",
        "salesperson_benefits ~ alignment + joint_preparation + joint_follow_up",
    ]
    assert [path.label for path in found.hypotheses] == ["H1"]
    table = sem.indirect_effects(found.named.fit, seed=4).tidy()
    row = table[table["name"] == " → ".join(["alignment", *chain["mediator"], chain["to"]])].iloc[0]
    (verdict,) = (v for v in found.verdicts(CONVENTIONS) if v.rule == "structure.indirect")
    assert verdict.subject == ("alignment", "joint_preparation → joint_follow_up", "salesperson_benefits")
    assert verdict.numbers["beta"] == row["est_std"]
    assert verdict.numbers["ci"] == (row["std_mc_lower"], row["std_mc_upper"])
    assert verdict.numbers["p"] == row["mc_pvalue"]
    none = evidence.structure(responses, stated(JOINT, cluster="none"), scores=scores)
    assert none.indirect is None and none.indirect_note == ""
    left = evidence.structure(responses, stated(chain, cluster="none", indirect=False), scores=scores)
    assert not any(v.rule == "structure.indirect" for v in left.verdicts(CONVENTIONS))


def test_two_roles_of_any_scores(responses, scores) -> None:
    """The same as from the views by hand; printed with the ratings told apart; absent models say why."""
    dyad = {
        "from": "joint_preparation",
        "to": "salesperson_benefits",
        "roles": ["sales", "marketing"],
        "owner": "sales",
    }
    options = stated(JOINT, cluster="none", dyads=[dyad])
    found = evidence.structure(responses, options, scores=scores)
    long = responses.scores("dimension", "smsc")
    by_hand = actor_partner(
        long, "joint_preparation", "salesperson_benefits", ("sales", "marketing"), estimator="MLR", seed=1
    )
    (mine,) = found.dyads
    assert np.allclose(mine.effects["est"], by_hand.effects["est"], rtol=1e-6)
    assert np.allclose(mine.tests["statistic"], by_hand.tests["statistic"], atol=1e-5)
    assert (mine.n_units, mine.n_pairs) == (by_hand.n_units, by_hand.n_pairs)
    section = chapter(found, Labels.of(responses.scales, "en"), Cutoffs()).section
    tables = {block.key: block for block in section.blocks if isinstance(block, TableSpec)}
    printed = tables["structure_dyads"].data
    assert printed["est"].tolist() == mine.effects["est"].tolist()
    assert printed["label"].tolist()[0].startswith("Sales, self-rated: Actor effect")
    assert len(tables["structure_dyad_tests"].data) == 8
    none = evidence.structure(responses, options.model_copy(update={"estimator": "MLM", "missing": "listwise"}),
                              scores=scores)  # fmt: skip
    assert none.dyads[0].notes == ("actor-partner models are estimated by this package with ML or MLR",)
    assert len(none.dyads[0].effects) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles": ["sales", "sales"]}, "a dyad has two roles"),
        ({"to": "customer_satisfaction"}, "unknown score or item of informants"),
        ({"roles": ["sales", "it"]}, "was not asked of it"),
        ({"owner": "it"}, "unknown role of the dyad"),
        ({"to": "joint_preparation"}, "stands in two places"),
        ({"from": "JP_1", "items": True}, "has not two items"),
    ],
)
def test_wrong_dyads_are_told(change, words, responses) -> None:
    dyad = StatedDyad(
        **(
            {"from": "joint_preparation", "to": "salesperson_benefits", "roles": ["sales", "marketing"]}
            | change
        )
    )
    assert any(words in message for _, message in dyad.faults(UnitVariables(responses)))


def test_views_items_and_variables_of_units_can_be_named(responses, scores) -> None:
    model = "customer_satisfaction ~ C@sales + JP_1 + size"
    found = evidence.structure(
        responses, StructureOptions(model=model.replace("C@sales", "`C@sales`")), scores=scores
    )
    assert found.comparison is None
    fit = found.named.fit
    assert set(fit.estimates.query("op == '~'")["rhs"]) == {"C@sales", "JP_1", "size"}
    rows = responses.scores("dimension", "comply")
    view = rows[rows["role"] == "sales"].set_index("unit")["C"]
    kept = UnitVariables(responses, scores.scores).frame(["C@sales"])["C@sales"]
    assert kept.dropna().to_dict() == view.dropna().to_dict()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (({"from": "alignmnt", "to": "joint_preparation"},), "did you mean 'alignment'"),
        ((SOLD | {"mediator": "joint_prep"},), "did you mean 'joint_preparation'"),
        ((SOLD | {"through": "joint_preparation"},), "is an end of the path it should mediate"),
        ((SOLD | {"through": ["alignment", "alignment"]},), "stands twice on the way"),
        ((MODERATED | {"through": "alignment", "step": 3},), "the way has 2 steps"),
        ((JOINT, SOLD | {"to": "alignment", "through": "size"}), "the paths form a circle"),
        ((SOLD | {"moderator": "joint_preparation"},), "is the predictor of the path it should moderate"),
        ((SOLD | {"moderator": "salesperson_benefits"},), "is the outcome of the path it should moderate"),
        ((SOLD, SOLD), "says of the same variables what hypothesis 1 says"),
        (
            (MODERATED, MODERATED | {"from": "product_facilitator", "moderator": "joint_preparation"}),
            "hypothesis 1 says",
        ),
        (({"from": "size", "to": "size"},), "cannot lead to itself"),
        ((SOLD, {"from": "salesperson_benefits", "to": "joint_preparation"}), "form a circle"),
    ],
)  # fmt: skip
def test_bad_hypotheses_are_refused_when_the_study_is_read(responses, rows, words) -> None:
    from comply_measure.evidence.choices import option_faults

    faults = [fault[2] for fault in option_faults(stated(*rows), tuple(responses.scales), lambda: responses)]
    assert len(faults) == 1
    assert words in faults[0]


def test_all_faults_are_told_in_one_round(responses) -> None:
    from comply_measure.evidence.choices import option_faults

    options = StructureOptions(
        model="a ~ b", form="blocks", hypotheses=[{"from": "x", "to": "y", "moderator": "x"}]
    )
    places = [fault[0] for fault in option_faults(options, tuple(responses.scales), lambda: responses)]
    assert ("hypotheses",) in places
    assert ("form",) in places
    assert places.count(("model",)) == 2
    assert places.count(("hypotheses", 0, "moderator")) == 2


def test_a_sign_is_a_sign() -> None:
    from comply_measure.errors import InputError

    assert [each.sign for each in stated(SOLD | {"sign": "-"}, JOINT | {"sign": "+"}).stated()] == [-1, 1]
    with pytest.raises(InputError, match="sign"):
        stated(SOLD | {"sign": "up"})


def test_units_without_the_scores_of_a_model_are_said(responses, scores) -> None:
    empty = replace(scores, scores=scores.scores.assign(joint_preparation=np.nan))
    options = StructureOptions(
        model="salesperson_benefits ~ joint_preparation", missing="listwise", compare=False
    )
    with pytest.raises(NotApplicableError, match="no unit has the scores that the model needs"):
        evidence.structure(responses, options, scores=empty)


def test_few_units_have_remedies_beside(responses, scores) -> None:
    """16 units, four factors of two or three roles: not admissible; estimates with bounds and in two steps beside."""
    few = replace(scores, scores=scores.scores.iloc[200:216])
    ends = [SOLD, SOLD | {"to": "marketer_benefits"}, SOLD | {"from": "joint_follow_up"}]
    found = evidence.structure(responses, stated(*ends, measurement="roles", cluster="none"), scores=few)
    fit = found.named.fit
    assert fit.has_optimum and not fit.admissible
    assert [named.key for named in found.remedies] == ["bounds", "sam"]
    assert not any(named.obstacle for named in found.remedies) and not found.cautions


def test_firms_are_those_of_the_units_in_the_fit(responses, scores) -> None:
    """Five firms of sixty have scores: counts, warnings and the estimator's words say five."""
    few = replace(scores, scores=scores.scores.iloc[:20])
    found = evidence.structure(responses, stated(*(SOLD | {"to": to} for to in OUTCOMES)), scores=few)
    firms = few.scores["firm"].nunique()
    assert found.n_firms == firms < found.named.fit.npar
    assert f"{firms} clusters for {found.named.fit.npar} parameters" in found.cautions[0]
    assert f"({firms} firms are few" in found.estimator


def test_more_coefficients_than_units_has_its_reason(responses, scores) -> None:
    few = replace(scores, scores=scores.scores.iloc[:10])
    found = evidence.structure(
        responses, stated(MODERATED, *({"from": n, "to": "salesperson_benefits"} for n in "COMPLY"), estimator="ML",
                          cluster="none"), scores=few
    )  # fmt: skip
    row = found.moderation.table.iloc[0]
    assert np.isnan(row["est"])
    assert "the equation has 10 coefficients" in row["note"]
    assert found.moderation.slopes == ()
    answers = {v.rule: v.answer for v in found.verdicts(CONVENTIONS)}
    assert answers["structure.moderation"] == "cannot say"


def test_the_covariance_matrix_gives_the_fit_back(responses, scores) -> None:
    model = "salesperson_benefits ~ joint_preparation + joint_follow_up"
    found = evidence.structure(
        responses,
        StructureOptions(model=model, missing="listwise", estimator="ML", cluster="none", compare=False),
        scores=scores,
    )
    matrix = found.covariance.set_index("variable")
    again = sem.from_moments(model, matrix, found.n_units, rescale=False)
    mine = found.tidy()["est"].to_numpy()[: len(again.estimates)]
    assert again.estimates["est"].to_numpy() == pytest.approx(mine, abs=1e-5)


PRODUCT = (
    "salesperson_benefits ~ joint_preparation + product_facilitator + joint_preparation:product_facilitator"
)


def coefficient(found):
    table = found.named.fit.estimates.set_index(["op", "rhs"])
    return table.loc[("~", "joint_preparation:product_facilitator")]


def test_products_of_role_views_by_likelihood_and_in_two_steps(responses, scores) -> None:
    """The same product by LMS, whose fit is that of the text and data of the step, and in two steps."""
    options = {"model": PRODUCT, "compare": False}
    direct = evidence.structure(
        responses, StructureOptions(measurement="roles", interactions="lms", **options), scores=scores
    )
    variables = UnitVariables(responses, scores.scores, min_roles=2)
    columns = [
        f"{name}@{role}"
        for name in ("joint_preparation", "product_facilitator", "salesperson_benefits")
        for role in responses.roles
    ]
    known = [name for name in columns if name in direct.model]
    frame = variables.frame(tuple(known))
    by_hand = sem.fit(
        direct.model,
        frame[frame[known].notna().any(axis=1)],
        estimator="MLR",
        missing="ml",
        cluster="firm",
        interactions="lms",
    )
    row = by_hand.estimates.query("op == '~' and rhs == 'joint_preparation:product_facilitator'").iloc[0]
    assert coefficient(direct)["est"] == pytest.approx(row["est"], abs=1e-6)
    assert coefficient(direct)["se"] == pytest.approx(row["se"], rel=1e-5)
    assert "full information" in direct.estimator
    steps = evidence.structure(responses, StructureOptions(measurement="sam", **options), scores=scores)
    assert "complete units" in steps.estimator
    assert steps.n_units < direct.n_units
    assert coefficient(steps)["est"] == pytest.approx(0.700369, abs=1e-5)
    assert abs(coefficient(steps)["est"] - coefficient(direct)["est"]) < coefficient(steps)["se"]


def by_hand_on_two_levels(responses, names: list[str]) -> pd.DataFrame:
    """Scores of informants, role means taken off, with their units."""
    parts = []
    for scale in responses.scales:
        found = focal(responses, scale).scores("dimension").set_index(["unit", "role"])
        parts.append(found[[name for name in names if name in found.columns]])
    table = pd.concat(parts, axis=1)
    return (table - table.groupby("role").transform("mean")).reset_index()


def test_paths_on_two_levels_are_those_of_the_between_parts(responses, scores) -> None:
    found = evidence.structure(responses, stated(JOINT, SOLD, measurement="two_level"), scores=scores)
    dimensions = list(focal(responses, responses.scales[0]).factors)
    names = ["joint_preparation", "salesperson_benefits", *dimensions]
    data = by_hand_on_two_levels(one_per_role(responses), names)
    pairs = "\n".join(f"{a} ~~ {b}" for i, a in enumerate(names) for b in names[i + 1 :])
    paths = "joint_preparation ~ alignment\nsalesperson_benefits ~ joint_preparation"
    between = f"{paths}\nalignment =~ {' + '.join(dimensions)}"
    fit = sem.fit(
        f"level: 1\n{pairs}\nlevel: 2\n{between}",
        data,
        estimator="MLR",
        missing="ml",
        cluster="unit",
        fixed_x=False,
    )
    keys = ["lhs", "op", "rhs"]
    ours, theirs = (
        table[(table["level"] == 2) & table["op"].isin(["~", "=~"])].set_index(keys)[["est", "se"]]
        for table in (found.named.fit.estimates, fit.estimates)
    )
    pd.testing.assert_frame_equal(ours, theirs.loc[ours.index], rtol=1e-4)
    assert found.n_informants == len(data)
    assert found.n_units == data["unit"].nunique()
    assert found.estimator == "MLR, full information, two levels, informants in units"
    assert list(found.covariance["variable"]) == list(fit.residuals("cor").groups["between"].cov.columns)
    assert found.indirect is not None
    assert found.indirect.of("specific")["through"].tolist() == ["joint_preparation"]
    section = chapter(found, Labels.of(responses.scales, "en"), Cutoffs()).section
    said = " ".join(block.text for block in section.blocks if isinstance(block, Prose))
    assert f"It rests on {len(data)} informants" in said
    assert "allow for units, not for units of one firm being alike" in said
    tables = {block.key: block for block in section.blocks if isinstance(block, TableSpec)}
    assert tables["structure_paths"].n_units == found.n_units
    assert tables["structure_paths"].n_informants == len(data)
    assert len(tables["structure_indirect"].data) == 1
    (figure,) = [block for block in section.blocks if isinstance(block, Figure)]
    assert figure.key == "structure_paths_figure"
    say = Translator(catalogue_of("de"))
    printed = [*figure.notes, found.estimator, said.split("The paths are associations")[0]]
    assert [word for text in printed for word in say.untranslated(text)] == []


@pytest.mark.parametrize(
    ("given", "key", "said"),
    [
        ({"model": PRODUCT}, "model", "two levels have no products"),
        ({"hypotheses": [JOINT], "bootstrap": 200}, "bootstrap", "two levels are not resampled"),
        ({"hypotheses": [JOINT], "estimator": "GLS", "missing": "listwise"}, "measurement", "with ML or MLR"),
    ],
)
def test_what_two_levels_do_not_have_is_refused_on_reading(responses, given, key, said) -> None:
    options = StructureOptions(measurement="two_level", cluster="none", **given)
    faults = list(options.faults(SimpleNamespace(responses=responses)))
    assert [said in message for place, _, message, _ in faults if place == (key,)] == [True]


def test_products_are_not_compared_on_two_levels(responses, scores) -> None:
    found = evidence.structure(responses, StructureOptions(model=PRODUCT, measurement="roles"), scores=scores)
    rows = found.comparison[found.comparison["measurement"] == "two_level"]
    assert rows["est_std"].isna().all()
    assert set(rows["note"]) == {"products of factors are estimated only where this measurement is chosen"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"measurement": "sam", "model": PRODUCT}, "two steps have their own way"),
        ({"measurement": "means", "model": PRODUCT}, "unit means are columns"),
        ({"measurement": "roles", "model": PRODUCT.split(" + joint_preparation:")[0]}, "products of factors"),
        ({"measurement": "roles", "hypotheses": [MODERATED]}, "products of factors"),
        (
            {"measurement": "roles", "model": PRODUCT, "estimator": "WLS", "missing": "listwise"},
            "ML, MLR or MLF",
        ),
    ],
)
def test_likelihoods_of_products_that_have_no_effect_are_refused(responses, given, said) -> None:
    options = StructureOptions(interactions="lms", cluster="none", **given)
    found = [
        fault
        for fault in options.faults(SimpleNamespace(responses=responses))
        if fault[0] == ("interactions",)
    ]
    assert [said in fault[2] for fault in found] == [True]
    assert found[0][3] == "product"
