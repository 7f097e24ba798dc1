"""What takes a fit, given a two-level, a multi-group, an ordinal and a mixed one: the right number or a refusal."""

import numpy as np
import pandas as pd
import pytest

from comply_measure import measurement as m, sem
from comply_measure.errors import ComplyError
from comply_measure.measurement import fits as tools
from comply_measure.measurement.reliability.categorical import categorical_omega
from comply_measure.models.cutoffs.dynamic import dynamic_cutoffs
from comply_measure.models.cutoffs.misspecification import factor_structure
from comply_measure.models.informants.effects import effects_table, joint_tests
from comply_measure.models.informants.polynomial_fit import coefficient_covariance
from comply_measure.models.informants.role_means import latent_gaps
from comply_measure.models.invariance.score_tests import score_statistics
from comply_measure.models.rivals.casewise import casewise_fit
from comply_measure.models.rivals.general_factor import general_factor_indices
from comply_measure.models.rivals.nesting import relation
from comply_measure.models.rivals.pairs import compare_pairs
from comply_measure.models.rivals.structures import composite_text
from comply_measure.models.rivals.vuong import vuong_test

ITEMS = ["y1", "y2", "y3", "y4"]
MODEL = "f =~ y1 + y2 + y3 + y4"
TWO = "level: 1\n fw =~ y1 + y2 + y3 + y4\nlevel: 2\n fb =~ y1 + y2 + y3 + y4\n"


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(30)
    cluster = np.repeat(np.arange(100), 6)
    eta, shared = rng.normal(size=(600, 1)), rng.normal(size=(100, 1))
    y = 0.8 * eta + 0.6 * shared[cluster] + 0.6 * rng.normal(size=(600, 4))
    y += 0.25 * rng.normal(size=(100, 4))[cluster]
    frame = pd.DataFrame(y, columns=ITEMS).assign(cl=cluster, x=rng.normal(size=600))
    frame["g"] = np.where(cluster < 60, "a", "b")
    cuts = np.digitize(y, [-1.2, 0.0, 1.0]) + 1.0
    return frame.join(pd.DataFrame(cuts, columns=["o1", "o2", "o3", "o4"]))


@pytest.fixture(scope="module")
def fits(data):
    ordinal = MODEL.replace("y", "o")
    mixed = "f =~ o1 + o2 + y3 + y4"
    return {
        "two_level": sem.fit(TWO, data, cluster="cl"),
        "groups": sem.fit(MODEL, data, group="g"),
        "ordinal": sem.fit(ordinal, data, ordered=True),
        "mixed": sem.fit(mixed, data, ordered=["o1", "o2"]),
        "plain": sem.fit(MODEL, data),
    }


KINDS = ("two_level", "groups", "ordinal", "mixed")


def test_reliability_by_level(data, fits):
    """Each level by itself; levels with one factor of all items are those of the two-stage coefficients."""
    table = m.fit_reliability(fits["two_level"]).tidy()
    assert list(table["data_level"]) == ["within", "between"] and list(table["factor"]) == ["fw", "fb"]
    assert list(table["n"]) == [600, 100] and (table["group"] == "").all()
    other = m.multilevel_reliability(data[ITEMS].to_numpy(), data["cl"].to_numpy(), factors="two_level")
    np.testing.assert_allclose(table["omega_implied"], [other.omega_within, other.omega_between], atol=1e-5)
    np.testing.assert_allclose(table["alpha"], [other.alpha_within, other.alpha_between], atol=1e-6)
    by_hand = fits["two_level"].estimates
    for number, row in table.iterrows():
        mine = by_hand[by_hand["level"] == number + 1]
        loading = mine.est[mine.op == "=~"].sum()
        variance = mine.est[(mine.op == "~~") & (mine.lhs == row.factor)].iloc[0]
        error = mine.est[(mine.op == "~~") & mine.lhs.isin(ITEMS)].sum()
        true = loading**2 * variance
        assert row.omega_implied == pytest.approx(true / (true + error), abs=1e-12)


def test_two_level_groups_keep_their_labels(data):
    table = m.fit_reliability(sem.fit(TWO, data, cluster="cl", group="g")).tidy()
    assert list(zip(table["group"], table["data_level"], strict=True)) == [
        ("a", "within"),
        ("a", "between"),
        ("b", "within"),
        ("b", "between"),
    ]
    alone = m.fit_reliability(sem.fit(TWO, data[data.g == "b"], cluster="cl")).tidy()
    np.testing.assert_allclose(table["omega_implied"].to_numpy()[2:], alone["omega_implied"], atol=1e-6)
    assert list(table["n"]) == [360, 60, 240, 40]


def test_reliability_of_groups_is_that_of_each_group(data, fits):
    table = m.fit_reliability(fits["groups"]).tidy().set_index("group")
    for name, part in data.groupby("g"):
        alone = m.fit_reliability(sem.fit(MODEL, part)).tidy().iloc[0]
        assert table.loc[name, "omega_implied"] == pytest.approx(alone["omega_implied"], abs=1e-6)
        assert table.loc[name, "n"] == len(part)


def test_reliability_of_ordered_answers_in_groups(data):
    """Equal thresholds free the later group's scale, intercepts and mean: the same answers, the same ω."""
    model = MODEL.replace("y", "o")
    free = m.fit_reliability(sem.fit(model, data, ordered=True, group="g")).tidy()
    text = "\n".join(
        [
            "f =~ c(NA,NA)*o1 + c(a,a)*o1 + c(b,b)*o2 + c(c,c)*o3 + c(d,d)*o4",
            "f ~~ c(1,NA)*f\nf ~ c(0,NA)*1",
            *(f"o{j} | c(t{j}1,t{j}1)*t1 + c(t{j}2,t{j}2)*t2 + c(t{j}3,t{j}3)*t3" for j in range(1, 5)),
            *(f"o{j} ~~ c(1,NA)*o{j}\no{j} ~ c(0,0)*1" for j in range(1, 5)),
        ]
    )
    fit = sem.fit(text, data, ordered=True, group="g", parameterization="theta")
    equal = m.fit_reliability(fit).tidy()
    np.testing.assert_allclose(
        equal["omega_categorical_implied"], free["omega_categorical_implied"], atol=0.01
    )
    # by hand for the second group: thresholds from the mean of the latent response, in its own units
    table = fit.estimates[fit.estimates.group == 2]
    get = {(a, b, c): v for a, b, c, v in zip(table.lhs, table.op, table.rhs, table.est, strict=True)}
    lam = np.array([get["f", "=~", f"o{j}"] for j in range(1, 5)])
    sd = np.sqrt(lam**2 * get["f", "~~", "f"] + [get[f"o{j}", "~~", f"o{j}"] for j in range(1, 5)])
    tau = [
        (np.array([get[f"o{j}", "|", f"t{k}"] for k in (1, 2, 3)]) - lam[j - 1] * get["f", "~1", ""])
        / sd[j - 1]
        for j in range(1, 5)
    ]
    common = np.outer(lam / sd, lam / sd) * get["f", "~~", "f"]
    assert equal["omega_categorical_implied"][1] == pytest.approx(categorical_omega(common, tau), abs=1e-10)


def test_a_sum_of_both_kinds_has_no_reliability(data, fits):
    row = m.fit_reliability(fits["mixed"]).tidy().iloc[0]
    assert np.isnan(row["omega_implied"]) and "ordered and continuous items" in row["note"]
    two = sem.fit("f =~ o1 + o2 + o3\n h =~ y1 + y2 + y3", data, ordered=["o1", "o2", "o3"])
    table = m.fit_reliability(two).tidy().set_index("factor")
    assert np.isfinite(table.loc["f", "omega_categorical_implied"])
    assert np.isfinite(table.loc["h", "omega_implied"])
    plain = m.fit_reliability(sem.fit("h =~ y1 + y2 + y3", data)).tidy().iloc[0]
    assert table.loc["h", "omega_implied"] == pytest.approx(plain["omega_implied"], abs=0.01)
    assert "ordered and continuous" in table.loc["total", "note"]


def test_predictors_of_a_factor_count_in_its_variance(data):
    frame = data.assign(x=data["x"] + data["y1"])
    plain = m.fit_reliability(sem.fit(MODEL, frame)).tidy().iloc[0]
    predicted = m.fit_reliability(sem.fit(MODEL + "\nf ~ x", frame)).tidy().iloc[0]
    assert predicted["omega_implied"] == pytest.approx(plain["omega_implied"], abs=0.01)


def test_negative_variances_and_items_against_their_factor_are_named(data):
    turned = data.assign(y3=-data["y3"])
    row = m.fit_reliability(sem.fit(MODEL, turned)).tidy().iloc[0]
    assert row["note"] == "runs against the others (not reversed?): y3" and np.isfinite(row["omega_implied"])
    fit = sem.fit(MODEL + "\nf ~~ -0.1*f", data)
    row = m.fit_reliability(fit).tidy().iloc[0]
    assert np.isnan(row["omega_implied"])
    assert "negative variance of a factor: f" in row["note"] or "did not converge" in row["note"]


CALLS = {
    "convergent_validity": (
        lambda fit: m.convergent_validity(fit, {"f": list(_items(fit))}),
        {"two_level": "one level", "groups": "one group; this fit has 2"},
    ),
    "latent_gaps": (
        lambda fit: latent_gaps(fit, "f", ["m", "s"]),
        {
            "two_level": "one level",
            "groups": "one group",
            "ordinal": "no latent congruence",
            "mixed": "no latent",
        },
    ),
    "coefficient_covariance": (
        coefficient_covariance,
        dict.fromkeys(KINDS, "no latent polynomial regression"),
    ),
    "general_factor_indices": (
        lambda fit: general_factor_indices(fit, {"d": ["y1", "y2"]}),
        {
            "two_level": "one level",
            "groups": "one group",
            "ordinal": "no general factor",
            "mixed": "no general",
        },
    ),
    "casewise_fit": (
        casewise_fit,
        {"two_level": "two-level", "ordinal": "maximum likelihood", "mixed": "maximum likelihood"},
    ),
    "vuong_test": (
        lambda fit: vuong_test(fit, fit),
        {"two_level": "two-level", "ordinal": "maximum likelihood", "mixed": "maximum likelihood"},
    ),
    "factor_structure": (factor_structure, {"two_level": "one group", "groups": "one group"}),
    "dynamic_cutoffs": (
        lambda fit: dynamic_cutoffs(fit, n_replications=100, seed=1),
        {
            "two_level": "one group",
            "groups": "one group",
            "ordinal": "maximum likelihood",
            "mixed": "maximum likelihood",
        },
    ),
    "score_statistics": (
        lambda fit: score_statistics(fit, [[0]]),
        {"two_level": "one level", "ordinal": "likelihood", "mixed": "likelihood"},
    ),
    "composite_text": (
        lambda fit: composite_text({"f": ["y1", "y2"], "h": ["y3", "y4"]}, base=fit),
        {
            "two_level": "one level",
            "groups": "one group",
            "ordinal": "does not measure",
            "mixed": "not measure",
        },
    ),
}


def _items(fit):
    return fit.estimates.loc[fit.estimates["op"] == "=~", "rhs"].drop_duplicates()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CALLS)
def test_one_block_functions_refuse_or_answer(fits, name, kind):
    call, refusals = CALLS[name]
    if kind in refusals:
        with pytest.raises(ComplyError, match=refusals[kind]):
            call(fits[kind])
    else:
        ANSWERS[name](fits[kind], call(fits[kind]))


def _loadings(fit):
    table = fit.standardized()
    return table.loc[table["op"] == "=~", "est_std"].to_numpy()


def _of_convergent_validity(fit, found):
    assert found.ave["f"] == pytest.approx((_loadings(fit) ** 2).mean(), abs=1e-12)


def _of_casewise_fit(fit, found):
    assert found.log_likelihood.sum() == pytest.approx(fit.measures["logl"], abs=1e-8)
    np.testing.assert_allclose(found.scores.sum(axis=0), 0.0, atol=1e-3)  # of a maximum


def _of_vuong_test(fit, found):
    assert (found.omega2, found.p_distinguishable, found.n_observations) == (0.0, 1.0, fit.n)
    assert np.isnan([found.z, found.p_first_better]).all() and found.note.endswith("equivalent")


def _of_factor_structure(fit, found):
    np.testing.assert_allclose(found.loadings[:, 0], _loadings(fit), atol=1e-12)
    np.testing.assert_allclose(found.residuals, np.diag(1.0 - _loadings(fit) ** 2), atol=1e-12)


def _of_score_statistics(fit, found):
    assert np.isnan(found).all() and len(found) == 1  # a marker's loading sets the scale: nothing to free


ANSWERS = {
    "convergent_validity": _of_convergent_validity,
    "casewise_fit": _of_casewise_fit,
    "vuong_test": _of_vuong_test,
    "factor_structure": _of_factor_structure,
    "score_statistics": _of_score_statistics,
}


def test_effects_keep_groups_and_levels_apart(data):
    model = MODEL + "\nf ~ x"
    frame = data.assign(x=data["x"] + np.where(data["g"] == "a", 0.0, data["y1"]))
    table = effects_table(sem.fit(model, frame, group="g")).set_index("group")
    for number, name in enumerate(("a", "b"), start=1):
        alone = effects_table(sem.fit(model, frame[frame.g == name])).iloc[0]
        assert table.loc[number, "standardized"] == pytest.approx(alone["standardized"], abs=1e-5)
        assert table.loc[number, "r_squared"] == pytest.approx(alone["r_squared"], abs=1e-5)
    frame["z"] = np.random.default_rng(1).normal(size=100)[frame["cl"]]
    both = "level: 1\n f =~ y1 + y2 + y3\n f ~ x\nlevel: 2\n f =~ y1 + y2 + y3\n f ~ z\n"
    two = sem.fit(both, frame, cluster="cl")
    found = effects_table(two)
    standardized = two.standardized()
    for _, row in found.iterrows():
        own = (standardized["level"] == row["level"]) & (standardized["lhs"] == "f")
        own &= standardized["rhs"] == row["predictor"]
        assert row["standardized"] == pytest.approx(standardized.loc[own, "est_std"].iloc[0], abs=1e-12)
    assert list(found["level"]) == [1, 2]


def test_indices_and_differences_of_every_kind(data, fits):
    assert tools.number_of_groups(fits["two_level"]) == 1 and tools.number_of_groups(fits["groups"]) == 2
    for kind in KINDS:
        found = tools.fit_indices(fits[kind])
        assert found["df"] == fits[kind].model.df and np.isfinite(found["cfi"])
    equal = TWO.replace("fb =~ y1 + y2", "fb =~ y1 + 1*y2")
    restricted = sem.fit(equal, data, cluster="cl")
    test = tools.difference_test(restricted, fits["two_level"])
    expected = 2 * (fits["two_level"].measures["logl"] - restricted.measures["logl"])
    assert test.chisq == pytest.approx(expected, abs=1e-6) and test.df == 1
    assert relation(restricted, fits["two_level"]) == "undecided"
    (pair,) = compare_pairs({"a": restricted, "b": fits["two_level"]})
    assert np.isnan(pair.z) and "not settled" in pair.note and "two-level" in pair.note


def test_pooling_keeps_levels_and_counts_clusters(data):
    rng = np.random.default_rng(2)
    noisy = [data.assign(y1=data["y1"] + 0.1 * rng.normal(size=len(data))) for _ in range(3)]
    pooled = m.pooled_estimates([sem.fit(TWO, frame, cluster="cl") for frame in noisy])
    assert pooled.n_clusters == 100 and set(pooled.table["level"]) == {1, 2}
    test = {row.method: row for row in pooled.tests}
    assert np.isnan(test["D3"].chisq) and "two-level" in test["D3"].note and np.isfinite(test["D2"].chisq)
    k, chisq = test["D2"].df1, test["D2"].chisq
    rmsea = pooled.indices.set_index("index").loc["rmsea", "pooled"]
    assert rmsea == pytest.approx(np.sqrt(max(chisq - k, 0.0) / (600 * k)), abs=1e-12)
    groups = m.pooled_estimates([sem.fit(MODEL, frame, group="g") for frame in noisy])
    assert set(groups.table["group"]) == {1, 2}
    for options in ({"ordered": True}, {"ordered": ["o1", "o2"]}):
        text = MODEL.replace("y", "o") if options["ordered"] is True else "f =~ o1 + o2 + y1 + y4"
        found = m.pooled_estimates([sem.fit(text, frame, **options) for frame in noisy])
        single = sem.fit(text, noisy[0], **options).estimates
        assert np.abs(found.table["est"].to_numpy() - single["est"].to_numpy()).max() < 0.15


EFFECTS = {
    "plain": ("f =~ {0}1 + {0}2 + {0}3\n y4 ~ y4_on_f*f + y4_on_x*x", "y", {}),
    "two_level": (
        "level: 1\n f =~ {0}1 + {0}2 + {0}3\n y4 ~ y4_on_f*f + y4_on_x*x\n"
        "level: 2\n fb =~ {0}1 + {0}2 + {0}3 + y4",
        "y",
        {"cluster": "cl"},
    ),
    "groups": (
        "f =~ {0}1 + {0}2 + {0}3\n y4 ~ c(y4_on_f, b)*f + c(y4_on_x, d)*x",
        "y",
        {"group": "g"},
    ),
    "ordinal": ("f =~ {0}1 + {0}2 + {0}3\n o4 ~ y4_on_f*f + y4_on_x*x", "o", {"ordered": True}),
    "mixed": ("f =~ {0}1 + {0}2 + {0}3\n y4 ~ y4_on_f*f + y4_on_x*x", "o", {"ordered": ["o1", "o2", "o3"]}),
}


@pytest.mark.parametrize("kind", EFFECTS)
def test_joint_tests_are_quadratic_forms_of_the_labelled_effects(data, kind):
    """b' V⁻¹ b of both effects; of several groups, those of the group that has the labels."""
    text, items, options = EFFECTS[kind]
    fit = sem.fit(text.format(items), data, **options)
    row = joint_tests(fit, ["f", "x"], ["y4"]).iloc[0]
    names = ["y4_on_f", "y4_on_x"]
    table = fit.estimates[fit.estimates["label"].isin(names)].set_index("label")
    b, V = table.loc[names, "est"].to_numpy(), fit.vcov.loc[names, names].to_numpy()
    assert row["chisq"] == pytest.approx(b @ np.linalg.solve(V, b), rel=1e-9)
    assert row["df"] == 2 and row["n_units"] == 600 and row["note"] == ""
    if kind == "groups":
        alone = sem.fit(EFFECTS["plain"][0].format("y"), data[data["g"] == "a"])
        assert row["chisq"] == pytest.approx(joint_tests(alone, ["f", "x"], ["y4"])["chisq"][0], rel=1e-3)


def test_differences_scaled_by_scores(data):
    """One restriction: the factor is the robust variance of what is fixed over the naive one; Satorra's for groups."""
    equal = "f =~ y1 + c(1, NA)*y2 + y3 + y4"
    small, large = (sem.fit(text, data, group="g", estimator="MLR") for text in (equal, MODEL))
    found = tools.score_scaled_difference(small, large)
    naive = sem.fit(MODEL, data, group="g", information="observed").vcov.loc["f=~y2", "f=~y2"]
    assert found.scale == pytest.approx(large.vcov.loc["f=~y2", "f=~y2"] / naive, rel=5e-3)
    engine = tools.engine_difference(large, small, tools.SATORRA_2000, scaled_shifted=False)
    assert found.statistic == pytest.approx(engine.statistic, rel=1e-9)
    plain = small.test.statistic - large.test.statistic
    assert found.statistic == pytest.approx(plain / found.scale, rel=1e-12) and found.df == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("two_level", "two-level"), ("ordinal", "maximum likelihood"), ("mixed", "maximum likelihood")],
)
def test_differences_without_scores_are_refused(fits, kind, reason):
    with pytest.raises(ComplyError, match=reason):
        tools.score_scaled_difference(fits[kind], fits[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_notes_name_what_is_serious(data, fits, kind):
    options = {
        "two_level": (TWO, {"cluster": "cl"}),
        "groups": (MODEL, {"group": "g"}),
        "ordinal": (MODEL.replace("y", "o"), {"ordered": True}),
        "mixed": ("f =~ o1 + o2 + y3 + y4", {"ordered": ["o1", "o2"]}),
    }
    text, rest = options[kind]
    assert tools.fit_notes(fits[kind]) == ""
    stopped = sem.fit(text, data, optimizer_options={"iterations": 1}, **rest)
    assert tools.fit_notes(stopped).startswith("the optimiser did not converge")
    if kind == "ordinal":
        heywood = sem.fit(text + "\nf ~~ 1.4*f", data, **rest)
        assert tools.fit_notes(heywood).startswith("negative residual variance: o1 (-0.4)")


def test_a_fit_without_a_finite_optimum_gives_no_numbers():
    """In 25 cases the residual variance of x9 falls for ever: what rests on the estimates is withheld, in words."""
    from semopy.examples import holzinger39

    hs = holzinger39.get_data().iloc[:25]
    fit = sem.fit("v =~ x1 + x2 + x3\ns =~ x7 + x8 + x9", hs, std_lv=True)
    assert fit.converged and not fit.has_optimum
    table = m.fit_reliability(fit).tidy()
    assert table["omega_implied"].isna().all()
    assert (table["note"] != "").all()
    with pytest.raises(ComplyError, match="reached no finite optimum"):
        m.convergent_validity(fit, {"v": ["x1", "x2", "x3"], "s": ["x7", "x8", "x9"]})
    test = tools.difference_test(fit, fit)
    assert np.isnan(test.chisq) and test.note


TWO_FACTORS = "f =~ y1 + y2\nh =~ y3 + y4\n"


@pytest.fixture(scope="module")
def others(data):
    """Fits whose estimates do not maximise the likelihood of the cases, or have no single likelihood of moments."""
    product = TWO_FACTORS + "x ~ f + h + f:h"
    return {
        "in two steps": sem.sam(TWO_FACTORS + "h ~ f", data),
        "weighted": sem.fit(MODEL, data.assign(w=1.0 + data["x"] ** 2), sampling_weights="w"),
        "in two stages": sem.fit(MODEL, data.mask(data["y1"] > 2.0), missing="two.stage"),
        "products": sem.fit(product, data, interactions="lms"),
        "product indicators": sem.fit(product, data),
    }


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        ("in two steps", casewise_fit, "estimates, not those of two steps"),
        ("in two stages", casewise_fit, "estimates, not those of two stages"),
        ("weighted", casewise_fit, "estimates, not those of sampling weights"),
        ("products", casewise_fit, "not there for latent moderated structural equations"),
        ("products", CALLS["convergent_validity"][0], "not there for latent moderated structural equations"),
        ("in two steps", CALLS["dynamic_cutoffs"][0], "simulated for maximum likelihood"),
        ("product indicators", CALLS["dynamic_cutoffs"][0], "which products are not: f:h"),
    ],
)
def test_what_needs_the_likelihood_of_the_cases_names_what_there_is(others, kind, call, words):
    with pytest.raises(ComplyError, match=words):
        call(others[kind])


def test_models_of_other_data_are_not_set_against_each_other(data, fits, others):
    assert tools.number_of_groups(others["products"]) == 1
    larger = sem.fit(TWO_FACTORS, data)
    for other in (data.iloc[::-1], data.assign(y1=2 * data["y1"])):
        with pytest.raises(ComplyError, match="same order; the second: fitted to other data"):
            vuong_test(larger, sem.fit(MODEL, other))
    with pytest.raises(ComplyError, match="same groups and variables"):
        relation(sem.fit("y1 ~ y2", data), fits["plain"])
    with pytest.raises(ComplyError, match="'model 2': estimated in other steps"):
        sem.compare(sem.fit(TWO_FACTORS + "h ~ f", data), others["in two steps"])
