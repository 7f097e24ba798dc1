"""The shipped study recovers its own truth: ICCs, role gaps, loadings and paths within stated error.

Estimates come from the 240 units of ``msi_triads`` without the planted careless informants; the truth from the
population file, in closed form or by a large simulation. Every deviation is divided by its standard error.
With correct statistics the standardised deviations have mean square 1. The sum of their squares must lie below the
95% point of χ² with one degree of freedom each (n deviations: a root mean square of 1.45 for n = 6, 1.22 for n = 26,
1.15 for n = 60), each below 3.5. Errors ignore that units are nested in firms, and deviations are correlated, so that
a correct statistic may miss the bound in other data; in the shipped data the root mean squares are .64 to 1.01. Faults
lie outside (last tests): a missing reverse code, roles mixed up, a tenth of a scale point added to one role.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from comply_measure import sem, triads
from comply_measure.framework import attributes, dimensions
from comply_measure.responses import load_dataset
from comply_measure.simulation import truth_reference

DIMENSIONS = [d.key for d in dimensions()]
ROLES = ("marketing", "sales", "it")
SECOND_ORDER = "\n".join(
    [f"{d} =~ " + " + ".join(a.key for a in attributes(dimension=d)) for d in DIMENSIONS]
    + ["alignment =~ " + " + ".join(DIMENSIONS)]
)
STRUCTURE = f"""
alignment =~ {" + ".join(DIMENSIONS)}
marketing_preparation + salesperson_preparation + joint_preparation + joint_follow_up ~ alignment
salesperson_benefits ~ marketing_preparation + joint_preparation + joint_follow_up
marketer_benefits ~ salesperson_preparation + joint_preparation + joint_follow_up
customer_drawbacks ~ marketing_preparation + joint_preparation + joint_follow_up
marketer_drawbacks ~ salesperson_preparation + joint_preparation + joint_follow_up
salesperson_drawbacks ~ joint_preparation + joint_follow_up
marketing_preparation ~~ joint_preparation + salesperson_preparation + joint_follow_up
salesperson_preparation ~~ joint_preparation + joint_follow_up
joint_preparation ~~ joint_follow_up
salesperson_benefits ~~ marketer_benefits + customer_drawbacks + marketer_drawbacks + salesperson_drawbacks
marketer_benefits ~~ customer_drawbacks + marketer_drawbacks + salesperson_drawbacks
customer_drawbacks ~~ marketer_drawbacks + salesperson_drawbacks
marketer_drawbacks ~~ salesperson_drawbacks
"""


def accept(z: np.ndarray) -> None:
    assert np.isfinite(z).all()
    assert np.abs(z).max() < 3.5
    assert np.sum(z**2) < chi2.ppf(0.95, z.size)


@pytest.fixture(scope="module")
def truth():
    return truth_reference("msi_triads")


@pytest.fixture(scope="module")
def attentive(truth) -> dict[str, pd.DataFrame]:
    """Scores of attentive informants by level."""
    responses = load_dataset("msi_triads")
    keep = ~responses.data["informant"].isin(truth.careless["informant"])
    return {
        "attribute": responses.scores("attribute", scale_key="comply")[keep.to_numpy()],
        "dimension": responses.scores("dimension", scale_key="comply")[keep.to_numpy()],
        "construct": responses.scores("dimension", scale_key="smsc")[keep.to_numpy()],
    }


def test_icc_of_dimension_scores(attentive: dict[str, pd.DataFrame], truth) -> None:
    table = triads.icc_oneway(attentive["dimension"], DIMENSIONS).tidy().set_index("column")
    expected = truth.icc().query("level == 'dimension'").set_index("construct")
    for index in ("icc1", "icc2"):
        half = (table[f"{index}_upper"] - table[f"{index}_lower"]) / 2 / 1.96
        accept(((table[index] - expected[index]).loc[DIMENSIONS] / half.loc[DIMENSIONS]).to_numpy())


def test_role_gaps_of_attributes_and_dimensions(attentive: dict[str, pd.DataFrame], truth) -> None:
    expected = truth.gaps().set_index(["level", "construct", "role", "other"])["gap"]
    for level, columns in (("attribute", [a.key for a in attributes()]), ("dimension", DIMENSIONS)):
        wide = attentive[level].pivot_table(index="unit", columns="role", values=columns)
        z = []
        for column in columns:
            for role, other in combinations(ROLES, 2):
                gap = (wide[column][role] - wide[column][other]).dropna()
                error = gap.std() / np.sqrt(len(gap))
                z.append((gap.mean() - expected[level, column, role, other]) / error)
        accept(np.array(z))


@pytest.mark.parametrize("role", ROLES)
def test_second_order_loadings(role: str, attentive: dict[str, pd.DataFrame], truth) -> None:
    rows = attentive["attribute"].query("role == @role").reset_index(drop=True)
    fit = sem.fit(SECOND_ORDER, rows, missing="fiml")
    assert fit.converged
    assert fit.admissible
    moments = truth.moments("attribute").of_role(role)
    population = pd.DataFrame(moments.covariance, index=moments.names, columns=moments.names)
    target = sem.from_moments(SECOND_ORDER, population, nobs=1_000_000)
    estimate, aim = (f.standardized().query("op == '=~'").set_index(["lhs", "rhs"]) for f in (fit, target))
    assert len(estimate) == 26
    accept(((estimate["est_std"] - aim["est_std"]) / estimate["se"]).to_numpy())
    stated = truth.loadings().query("role == @role and lhs == 'alignment'").set_index("rhs")["latent"]
    second = aim.loc["alignment", "est_std"]
    # method variance (loading .18) enters the second-order factor: a few hundredths above the stated loadings
    np.testing.assert_allclose(second[stated.index], stated, atol=0.04)


def test_structural_paths(attentive: dict[str, pd.DataFrame], truth) -> None:
    both = (
        attentive["dimension"]
        .drop(columns=["firm"])
        .merge(
            attentive["construct"].drop(columns=["firm"]),
            on=["unit", "role"],
            how="outer",
            suffixes=("", "_smsc"),
        )
    )
    units = both.drop(columns=["role"]).groupby("unit").mean(numeric_only=True)
    fit = sem.fit(STRUCTURE, units.reset_index(drop=True))
    assert fit.converged
    population = truth.unit_covariance()
    names = [c for c in population.columns if c in STRUCTURE.split()]
    target = sem.from_moments(STRUCTURE, population.loc[names, names], nobs=1_000_000)
    key = ["lhs", "op", "rhs"]
    estimate, aim = fit.estimates.set_index(key), target.estimates.set_index(key)
    paths = estimate.index[(estimate.index.get_level_values("op") == "~")]
    assert len(paths) == 18
    accept(((estimate["est"] - aim["est"]).loc[paths] / estimate["se"].loc[paths]).to_numpy())
    signs = np.sign(aim["est"].loc[paths])
    positive = [not lhs.endswith("drawbacks") for lhs, _, _ in paths]
    assert (signs.to_numpy() == np.where(positive, 1, -1)).all()


def test_planted_careless_informants_are_flagged(truth) -> None:
    """18 of 19 are flagged by two families of indices or an extreme of one, and 3 of 648 attentive ones."""
    from comply_measure.measurement.careless import careless_flags, careless_indices

    responses = load_dataset("msi_triads")
    scales = responses.measurement("comply", "attribute")
    items = [item for members in scales.values() for item in members]
    indices = careless_indices(responses.data[items], responses.scored()[items], scales, 1, 7)
    flagged = careless_flags(indices).table["flagged"].to_numpy()
    careless = responses.data["informant"].isin(truth.careless["informant"]).to_numpy()
    assert (flagged[careless].sum(), careless.sum()) == (18, 19)
    straight = truth.careless.loc[truth.careless["kind"] == "straightliner", "informant"]
    assert flagged[responses.data["informant"].isin(straight).to_numpy()].all()
    assert flagged[~careless].mean() <= 0.005


def _roles_mixed(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(role=table["role"].replace({"marketing": "it", "it": "marketing"}))


def _a_tenth_more(table: pd.DataFrame) -> pd.DataFrame:
    mine = table["role"] == "it"
    names = [name for name in table.columns if name not in ("unit", "firm", "role")]
    return table.assign(**{name: table[name] + 0.1 * mine for name in names})


def _not_recoded(table: pd.DataFrame) -> pd.DataFrame:
    """Attribute scores from answers as they were ticked."""
    responses = load_dataset("msi_triads")
    items = responses.measurement("comply", "attribute")
    known = [name for name in table.columns if name in items]
    scores = {name: responses.data.loc[table.index, list(items[name])].mean(axis=1) for name in known}
    return table.assign(**scores)


@pytest.mark.parametrize("fault", [_roles_mixed, _a_tenth_more, _not_recoded])
def test_role_gaps_with_a_fault_lie_outside(
    fault: Callable[[pd.DataFrame], pd.DataFrame], attentive: dict[str, pd.DataFrame], truth
) -> None:
    wrong = {level: fault(table) for level, table in attentive.items()}
    with pytest.raises(AssertionError):
        test_role_gaps_of_attributes_and_dimensions(wrong, truth)


def test_loadings_of_scores_that_are_not_recoded_lie_outside(
    attentive: dict[str, pd.DataFrame], truth
) -> None:
    wrong = {"attribute": _not_recoded(attentive["attribute"])}
    with pytest.raises(AssertionError):
        test_second_order_loadings("sales", wrong, truth)


def test_agreement_of_informants_of_other_units_lies_outside(
    attentive: dict[str, pd.DataFrame], truth
) -> None:
    rng = np.random.default_rng(3)
    wrong = attentive["dimension"].copy()
    mine = (wrong["role"] == "it").to_numpy()
    wrong.loc[mine, "unit"] = rng.permutation(wrong.loc[mine, "unit"].to_numpy())
    with pytest.raises(AssertionError):
        test_icc_of_dimension_scores({"dimension": wrong}, truth)
