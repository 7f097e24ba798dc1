"""Every column of the tables of profiles, reliable gaps and tests of gaps, and shapes of surfaces, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from scipy import stats

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads import TriadData
from comply_measure.triads.congruence.surface import surface_notes, surface_parameters, surface_shape

NAN = np.nan


def made(values: list[list[list[float]]], firms: list[object] | None = None) -> TriadData:
    """Units × roles × variables."""
    x = np.array(values, dtype=float)
    names = ("m", "s", "i")[: x.shape[1]]
    firm = None if firms is None else np.array(firms, dtype=object)
    columns = tuple(f"v{j}" for j in range(x.shape[2]))
    return TriadData(np.arange(len(x)), firm, names, columns, x, ~np.isnan(x).all(axis=2))


def profile(x: np.ndarray, y: np.ndarray, x_own: np.ndarray, y_own: np.ndarray) -> dict[str, float]:
    both = ~(np.isnan(x) | np.isnan(y))
    x, y, x_own, y_own = (part[both] for part in (x, y, x_own, y_own))
    J, q = len(x), np.corrcoef(x, y)[0, 1]
    sx, sy = np.sqrt(((x - x.mean()) ** 2).sum()), np.sqrt(((y - y.mean()) ** 2).sum())
    c, v, gap = np.cov(x, y, ddof=0)[0, 1], x.var() + y.var(), x.mean() - y.mean()
    square = ((x - y) ** 2).sum()
    return {
        "d_squared": square, "d": np.sqrt(square), "d_mean": np.sqrt(square / J), "level": J * gap**2,
        "scatter": (sx - sy) ** 2, "shape": 2 * sx * sy * (1 - q),
        "d_level_removed": np.sqrt((((x - x.mean()) - (y - y.mean())) ** 2).sum()),
        "d_shape": np.sqrt(2 * (1 - q)), "correlation": q,
        "correlation_distinctive": np.corrcoef(x_own, y_own)[0, 1],
        "icc_double_entry": np.corrcoef(np.r_[x, y], np.r_[y, x])[0, 1], "ccc": 2 * c / (v + gap**2),
    }  # fmt: skip


def test_profiles_of_every_unit_by_their_formulas() -> None:
    data = drawn_triads(21, units=12, columns=6)
    x = data.values
    x[2, 1, 3] = x[4, 0, 0] = NAN
    found = triads.profile_similarity(data).tidy().set_index(["unit", "pair"])
    own = x - np.nanmean(x, axis=0)
    for g in range(12):
        for (a, b), pair in zip(data.pairs, data.pair_names, strict=True):
            for name, value in profile(x[g, a], x[g, b], own[g, a], own[g, b]).items():
                assert found.loc[(g, pair), name] == pytest.approx(value, rel=1e-9), name


def test_flat_and_short_profiles_have_what_is_defined() -> None:
    data = made(
        [[[3, 3, 3], [1, 2, 6]], [[3, NAN, 2], [1, 2, NAN]], [[4, 4, 4], [4, 4, 4]], [[1, 2, 3], [2, 1, 3]]]
    )
    table = triads.profile_similarity(data).tidy().set_index("unit")
    flat = table.loc[0]
    assert (flat["d_squared"], flat["level"], flat["shape"], flat["scatter"]) == (14.0, 0.0, 0.0, 14.0)
    assert np.isnan([flat["correlation"], flat["d_shape"]]).all()
    assert flat["ccc"] == 0.0
    numbers = ["d_squared", "d", "d_mean", "level", "scatter", "shape", "correlation", "ccc"]
    assert table.loc[1, numbers].isna().all()
    same = table.loc[2]
    assert (same["d_squared"], same["scatter"]) == (0.0, 0.0)
    assert np.isnan([same["icc_double_entry"], same["ccc"]]).all()
    with pytest.raises(InputError, match="a set without attributes"):
        triads.profile_similarity(data, {"none": []})


def test_whole_table_of_reliable_gaps() -> None:
    data = drawn_triads(22, units=40, missing=0.15, columns=2)
    r = {"marketing": 0.9, "sales": {"v0": 0.8, "v1": 0.7}, "it": 0.6}
    found = triads.gap_reliability(data, r, confidence=0.9)
    table, flags = (
        found.tidy().set_index(["column", "pair"]),
        found.flags().set_index(["unit", "column", "pair"]),
    )
    roles = (~np.isnan(data.values)).sum(axis=1)
    critical = {2: stats.norm.ppf(0.95), 3: stats.studentized_range.ppf(0.9, 3, np.inf) / np.sqrt(2)}
    for j, column in enumerate(data.columns):
        for (a, b), pair in zip(data.pairs, data.pair_names, strict=True):
            rows = ~np.isnan(data.values[:, [a, b], j]).any(axis=1)
            x, y = data.values[rows, a, j], data.values[rows, b, j]
            own = [r[data.roles[k]] for k in (a, b)]
            rx, ry = (value[column] if isinstance(value, dict) else value for value in own)
            vx, vy, cov = x.var(ddof=1), y.var(ddof=1), np.cov(x, y)[0, 1]
            error = vx * (1 - rx) + vy * (1 - ry)
            limits = np.array([critical[k] for k in roles[rows, j]])
            expected = {
                "n_units": rows.sum(), "r": np.corrcoef(x, y)[0, 1],
                "reliability_first": rx, "reliability_second": ry,
                "reliability_difference": (vx * rx + vy * ry - 2 * cov) / (vx + vy - 2 * cov),
                "se": np.sqrt(error), "points": critical[3] * np.sqrt(error),
                "share_reliable": np.mean(np.abs(x - y) > limits * np.sqrt(error)),
                "share_by_chance": np.mean(2 * stats.norm.sf(limits)),
                "mean_squared": np.mean((x - y) ** 2),
                "mean_squared_corrected": np.mean((x - y) ** 2) - error,
            }  # fmt: skip
            for name, value in expected.items():
                assert table.loc[(column, pair), name] == pytest.approx(value, rel=1e-7), name
            for g in range(40):
                row = flags.loc[(g, column, pair)]
                if not rows[g]:
                    assert row["note"] == "a role is missing"
                    assert row["reliable"] is pd.NA
                    continue
                d = data.values[g, a, j] - data.values[g, b, j]
                z = d / np.sqrt(error)
                np.testing.assert_allclose(
                    row[["gap", "se", "z", "squared_corrected"]].to_numpy(float),
                    [d, np.sqrt(error), z, d**2 - error],
                )
                assert (row["reliable"], row["note"]) == (abs(z) > critical[roles[g, j]], "")
    alone = triads.gap_reliability(data, r, confidence=0.9, family="pair").tidy()
    np.testing.assert_allclose(alone["points"] / alone["se"], stats.norm.ppf(0.95))


def test_reasons_of_gaps_without_reliability() -> None:
    def row(values: list[list[float]], r: float = 0.5) -> pd.Series:
        return triads.gap_reliability(made([[[a], [b]] for a, b in values]), r).tidy().iloc[0]

    few = row([[1, 2], [3, NAN]])
    assert (few["note"], few["n_units"]) == ("fewer than 2 units", 1)
    assert few[["r", "se", "points", "mean_squared", "share_reliable"]].isna().all()
    two = row([[1, 3], [3, 2]])
    assert (two["note"], two["n_units"], two["mean_squared"]) == ("", 2, 2.5)
    assert row([[1, 2], [3, 4], [2, 3]])["note"] == "gaps do not vary: reliability undefined"
    assert row([[1, 2], [3, 4.5], [2, 3]], 0.1)["note"] == "more error than variance: reliability at most 0"
    exact = row([[1, 2], [3, 1], [2, 3]], 1.0)
    assert (exact["note"], exact["se"]) == ("no measurement error: no flags", 0.0)
    assert np.isnan(exact["share_reliable"])
    flat = row([[1, 2], [1, 4], [1, 3]])
    assert flat["note"] == "a role's scores do not vary: r undefined"
    assert flat["se"] == pytest.approx(np.sqrt(0.5))
    flags = triads.gap_reliability(made([[[1], [2]], [[3], [1]], [[2], [3]]]), 1.0).flags()
    assert flags["note"].tolist() == ["no measurement error: no flag"] * 3
    assert flags[["z", "reliable"]].isna().all(axis=None)
    for bad in ({"m": 0.5}, {"m": 0.5, "s": 1.01}, {"m": 0.5, "s": -0.01}, {"m": 0.5, "s": {"v1": 0.5}}):
        with pytest.raises(InputError, match="0 to 1, for every role"):
            triads.gap_reliability(made([[[1], [2]], [[3], [1]]]), bad)


def test_whole_table_of_tests_of_gaps() -> None:
    data = drawn_triads(23, units=25, missing=0.1, columns=2)
    table = triads.gap_tests(data, confidence=0.9).tidy()
    for row in table.to_dict("records"):
        (a, b), j = data.pairs[data.pair_names.index(row["pair"])], data.columns.index(row["column"])
        d = data.values[:, a, j] - data.values[:, b, j]
        d = d[~np.isnan(d)]
        t, p = stats.ttest_1samp(d, 0)
        n, z = len(d), d.mean() / d.std(ddof=1)
        low, high = d.mean() + stats.t.ppf([0.05, 0.95], n - 1) * d.std(ddof=1) / np.sqrt(n)
        expected = {
            "n_units": n, "n_clusters": n, "mean": d.mean(), "sd": d.std(ddof=1), "se": stats.sem(d), "t": t,
            "df": n - 1, "p": p, "lower": low, "upper": high, "d_z": z,
            "d_z_hedges": z * (1 - 3 / (4 * (n - 1) - 1)), "mean_absolute": np.abs(d).mean(),
        }  # fmt: skip
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-9), name
        for end, probability in (("d_z_lower", 0.95), ("d_z_upper", 0.05)):
            assert stats.nct.cdf(t, n - 1, row[end] * np.sqrt(n)) == pytest.approx(probability, abs=1e-8)
        assert row["note"] == ""
    order = np.argsort(table["p"].to_numpy())
    holm = np.maximum.accumulate(table["p"].to_numpy()[order] * np.arange(6, 0, -1)).clip(max=1)
    np.testing.assert_allclose(table["p_holm"].to_numpy()[order], holm)


def test_reasons_of_gaps_that_are_not_tested() -> None:
    def note(values: list[list[float]], firms: list[object] | None = None) -> str:
        data = made([[[a], [b]] for a, b in values], firms)
        found = triads.gap_tests(data, cluster=firms is not None).tidy().iloc[0]
        assert np.isnan([found["t"], found["p"], found["p_holm"]]).all()
        return str(found["note"])

    assert note([[1, 2], [NAN, 3]]) == "fewer than 2 units"
    assert note([[1, 2], [2, 3], [5, 6]]) == "all gaps equal: no test"
    assert note([[1, 2], [2, 4], [5, 6]], ["a", "a", "a"]) == "fewer than 2 firms"
    assert (
        note([[1, 2], [2, 4], [3, 4], [2, 4]], ["a", "a", "b", "b"]) == "no variance between firms: no test"
    )
    clustered = made(
        [[[a], [b]] for a, b in ([1, 2], [2, 5], [3, 4], [2, 4], [1, 1])], ["a", "a", "b", "b", None]
    )
    row = triads.gap_tests(clustered, cluster=True).tidy().iloc[0]
    assert (row["n_units"], row["n_clusters"]) == (5, 3)
    assert "no interval of d_z with firms" in row["note"]
    assert "3 clusters are few" in row["note"]
    assert np.isnan([row["d_z_lower"], row["d_z_upper"]]).all()
    with pytest.raises(InputError, match="needs the firm of each unit"):
        triads.gap_tests(made([[[1], [2]], [[2], [4]]]), cluster=True)


@pytest.mark.parametrize(
    ("b3", "b4", "b5", "shape"),
    [(-1, 0.5, -1, "dome"), (1, 0.5, 1, "bowl"), (1, 0.5, -1, "saddle"), (1, 3, 1, "saddle"), (-1, 2, -1, "ridge"),
     (0, 0, 0, "ridge"), (NAN, 0, 1, "undefined"), (1e-5, 2e-5 * (1 + 1e-6), 1e-5, "saddle")],
)  # fmt: skip
def test_shapes_of_surfaces(b3: float, b4: float, b5: float, shape: str) -> None:
    assert surface_shape(np.array([0, 1, 1, b3, b4, b5])) == shape


def test_surfaces_of_any_size_have_their_axes() -> None:
    for size in (1.0, 1e-6, 1e6):
        b = size * np.array([1.0, 0.3, -0.2, -0.5, 0.4, -0.3])
        found = surface_parameters(b)
        x0, y0 = np.linalg.solve([[2 * b[3], b[4]], [b[4], 2 * b[5]]], -b[1:3])
        _, vectors = np.linalg.eigh([[b[3], b[4] / 2], [b[4] / 2, b[5]]])
        slopes = sorted((vectors[1] / vectors[0]).tolist())
        np.testing.assert_allclose(found[5:7], [x0, y0])
        np.testing.assert_allclose(sorted([found[8], found[10]]), slopes)
        np.testing.assert_allclose([found[7], found[9]], [y0 - found[8] * x0, y0 - found[10] * x0])
    ridge, parallel = (
        surface_parameters(np.array([0, 1, 1, 1, 2, 1.0])),
        surface_parameters(np.array([0, 1, 1, 1, 0, 2.0])),
    )
    why = "undefined: the surface is a ridge (4·b3·b5 = b4²)"
    assert surface_notes(ridge) == [""] * 5 + [why] * 3 + ["", why, ""]
    why = "undefined: the axes are parallel to X and Y (b4 = 0)"
    assert surface_notes(parallel) == [""] * 7 + [why] * 4
