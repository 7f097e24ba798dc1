"""Pairs of roles: numbers against independent computation, planted values recovered, what is lacking said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import evidence
from comply_measure.errors import NotApplicableError
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import (
    ColumnMapping,
    Responses,
    load_dataset,
    pair_ratings,
    responses_from_frame,
)
from comply_measure.simulation import load_pair_population, simulate_pairs
from comply_measure.triads.gaps.pair_ratings import PairData, minimum_beside_mean, triad_relation

FOLDER = Path(__file__).parents[2] / "datasets" / "pair_triads"
CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
INSIDE = {"ms": ("marketing", "sales"), "mi": ("marketing", "it"), "si": ("sales", "it")}


@pytest.fixture(scope="module")
def responses() -> Responses:
    return load_dataset("pair_triads")


@pytest.fixture(scope="module")
def found(responses: Responses) -> evidence.PairsEvidence:
    return evidence.pairs(responses)


def views(responses: Responses) -> pd.DataFrame:
    """Score of every pair by role, by hand: units × (pair, role), at least three of six dimensions."""
    rated = pair_ratings(responses).pivot_table(
        index=["unit", "role"], columns=["pair", "item"], values="rating"
    )
    scores = {pair: rated[pair].mean(axis=1).where(rated[pair].notna().sum(axis=1) >= 3) for pair in INSIDE}
    return pd.DataFrame(scores).reset_index().pivot_table(index="unit", columns="role", values=list(INSIDE))


def test_levels_and_differences_by_hand(responses: Responses, found: evidence.PairsEvidence) -> None:
    wide = views(responses)
    level = found.levels.set_index(["pair", "role"])["mean"]
    for pair, role in wide.columns:
        assert level[pair, role] == pytest.approx(wide[pair, role].mean(), abs=1e-12)
    for row in found.levels.to_dict("records"):
        values = wide[row["pair"], row["role"]].dropna()
        firm = values.index.str.partition("-").get_level_values(0)
        sums, sizes = (values - values.mean()).groupby(firm).sum(), values.groupby(firm).size()
        se = np.sqrt((sums**2 / (1 - sizes / len(values))).sum()) / len(values)
        assert (row["n_units"], row["inside"]) == (len(values), row["role"] in INSIDE[row["pair"]])
        assert row["se"] == pytest.approx(se, rel=1e-9)
        half, least = row["upper"] - row["mean"], stats.t.ppf(0.975, len(sizes) - 1) * se
        assert row["mean"] - row["lower"] == pytest.approx(half)
        assert (
            least <= half * (1 + 1e-9) and half < 1.05 * least and row["note"] == ""
        )  # fewer df than firms - 1
    row = found.raters.query("pair == 'mi' and contrast == 'members'").iloc[0]
    d = (wide["mi", "marketing"] - wide["mi", "it"]).dropna()
    assert (row["n_units"], row["mean"], row["sd"]) == (
        len(d),
        pytest.approx(d.mean()),
        pytest.approx(d.std()),
    )
    firms = pd.Series(d.index.str.partition("-").get_level_values(0), index=d.index)
    sums, sizes = (d - d.mean()).groupby(firms).sum(), firms.value_counts()
    expected = np.sqrt((sums**2 / (1 - sizes[sums.index] / len(d))).sum()) / len(d)
    assert row["se"] == pytest.approx(expected, rel=1e-9)
    levelled = {}
    for pair, roles in INSIDE.items():
        own = wide[pair][list(roles)]
        levelled[pair] = (own - own.mean() + own.mean().mean()).mean(axis=1)
    gap = (levelled["ms"] - levelled["si"]).dropna()
    row = found.gaps.query("dimension == 'all' and first == 'ms' and second == 'si'").iloc[0]
    assert (row["n_units"], row["mean"]) == (len(gap), pytest.approx(gap.mean()))
    assert len(found.gaps) == 3 + 18 and (found.gaps["p_holm"] >= found.gaps["p"]).all()
    agreement = found.agreement.set_index("pair")
    assert agreement.loc["si", "r_inside"] == pytest.approx(
        wide["si"][["sales", "it"]].corr().iloc[0, 1], abs=0.01
    )


def test_ratings_of_pairs_count_among_the_answers_due(responses: Responses) -> None:
    """26 statements on the triad and 18 on its pairs; what is missing of both is in the table of missing answers."""
    found = evidence.sample(responses).missing.set_index("role")
    for role, row in found.iterrows():
        mine = responses.missing_reason[(responses.data["role"] == role).to_numpy()]
        assert (row["n_asked"], mine.shape[1]) == (len(mine) * 44, 44)
        assert row["not_answered"] == pytest.approx((mine == "not_answered").to_numpy().mean(), abs=1e-12)
    codes = {"D_ms_C": [99, 4, 5], "D_mi_C": [3, 99, 5], "D_si_C": [3, 4, None]}
    given = {item.id: [4, 4, 4] for item in responses.scales[0].items_for("dyad", kind="content")} | codes
    frame = pd.DataFrame({"unit": ["u"] * 3, "role": ["marketing", "sales", "it"]} | given)
    read = responses_from_frame(
        frame, responses.scales, form="dyad", mapping=ColumnMapping(not_asked=("informant",))
    )
    shares = evidence.sample(read).missing.set_index("role")
    assert (shares["n_asked"] == 18).all()
    assert (18 * shares["cannot_judge"]).round(9).tolist() == [1, 1, 0]
    assert (18 * shares["not_answered"]).round(9).tolist() == [0, 0, 1]


def test_jackknife_and_correction_by_brute_force() -> None:
    rng = np.random.default_rng(11)
    inside = np.array([[True, True, False], [True, False, True], [False, True, True]])
    unit = rng.normal(size=(40, 1))
    states = unit + rng.normal(size=(40, 3))
    ratings = states[:, :, None] + 0.7 * rng.normal(size=(40, 3, 3))
    triad = states.mean(axis=1)[:, None] + rng.normal(size=(40, 3))
    codes = np.repeat(np.arange(10), 4)
    table = triad_relation(PairData(("a", "b", "c"), ("x", "y", "z"), inside, ratings, triad, codes))

    def corrected(kept: np.ndarray, q: int) -> float:
        T = triad[kept] - triad.mean(axis=0)
        P = ratings[kept, q] - ratings[:, q].mean(axis=0)
        a, b = np.flatnonzero(inside[q])
        top = np.mean([(T[:, r] * P[:, s]).mean() for r in range(3) for s in (a, b) if r != s])
        own = np.mean([(T[:, r] * T[:, s]).mean() for r, s in ((0, 1), (0, 2), (1, 2))])
        return float(top / np.sqrt(own * (P[:, a] * P[:, b]).mean()))

    for q in range(3):
        value = corrected(np.ones(40, dtype=bool), q)
        left = np.array([corrected(codes != c, q) for c in range(10)])
        half = 2.2621571628 * np.sqrt(0.9 * ((left - left.mean()) ** 2).sum())
        row = table.iloc[q]
        assert row["corrected"] == pytest.approx(value, rel=1e-9)
        assert row["corrected_upper"] - row["corrected"] == pytest.approx(half, rel=1e-8)
    data = PairData(("a", "b", "c"), ("x", "y", "z"), inside, ratings, triad, codes)
    scores = data.scores
    y = (triad - triad.mean(axis=0)).mean(axis=1)
    X = np.column_stack([np.ones(40), scores.mean(axis=1), scores.min(axis=1)])
    slopes, rss = np.linalg.lstsq(X, y, rcond=None)[:2]
    same = minimum_beside_mean(data).query("raters == 'same'")
    np.testing.assert_allclose(same["estimate"], slopes[1:], rtol=1e-9)
    assert same["r_squared"].iloc[0] == pytest.approx(1 - rss[0] / ((y - y.mean()) ** 2).sum())


def test_planted_values_are_recovered_within_monte_carlo_error() -> None:
    """Twelve studies of 240 units: means of estimates against closed forms, intervals cover them."""
    population = load_pair_population(FOLDER / "population.yaml")
    states = pd.read_csv(FOLDER / "truth" / "states.csv").set_index("of")["correlation"]
    implied = pd.read_csv(FOLDER / "truth" / "implied_means.csv").groupby(["pair", "role"])["mean"].mean()
    shipped = load_dataset("pair_triads")
    found = []
    for seed in range(12):
        study = simulate_pairs(population, seed)
        found.append(
            evidence.pairs(
                responses_from_frame(
                    study.responses,
                    shipped.scales,
                    form="short+dyad",
                    mapping=ColumnMapping(
                        not_asked=tuple(
                            i.id
                            for i in shipped.scales[0].items
                            if i.kind != "content" and {"short", "dyad"} & set(i.forms)
                        )
                    ),
                )
            )
        )
    for name in ("ms", "mi", "si", "mean"):
        rows = [one.relation.set_index("of").loc[name] for one in found if one.relation is not None]
        values = np.array([row["corrected"] for row in rows])
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - states[name]) < 3 * error + 0.015, (
            name
        )  # answers in categories are nearly linear
        assert sum(row["corrected_lower"] <= states[name] <= row["corrected_upper"] for row in rows) >= 9
    levels = np.array([one.levels.set_index(["pair", "role"])["mean"][implied.index] for one in found])
    error = levels.std(axis=0, ddof=1) / np.sqrt(len(levels))
    assert (np.abs(levels.mean(axis=0) - implied) < 4 * error).all()
    answers = [{v.subject: v.answer for v in one.verdicts(CONVENTIONS)} for one in found]
    pairs = ("marketing and sales", "sales and IT")
    assert all(one[pairs] == "supported" for one in answers)
    assert sum(one[("minimum",)] == "supported" for one in answers) >= 9
    assert not any(one[("minimum",)] == "not supported" for one in answers)


def test_without_answers_about_the_triad_its_relation_has_a_reason(responses: Responses) -> None:
    only = load_dataset("pair_triads", form="dyad")
    found = evidence.pairs(only)
    assert found.relation is None and "no item in the data asks about the triad" in found.obstacle
    pd.testing.assert_frame_equal(found.levels, evidence.pairs(responses).levels)
    with pytest.raises(NotApplicableError, match="ask about pairs of roles"):
        evidence.pairs(load_dataset("msi_triads"))
