"""Bootstrap: intervals against R's ``boot``, standard errors and test against lavaan, draws against plain refits."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.bootstrap.bollen_stine import transformed
from comply_measure.sem.bootstrap.draws import plan_draws
from comply_measure.sem.bootstrap.fit import BootstrapFit
from comply_measure.sem.bootstrap.influence import influence
from comply_measure.sem.bootstrap.intervals import interval
from comply_measure.sem.bootstrap.replicate import CHUNK, CaseWorker
from comply_measure.statistics.bootstrap import acceleration, normal_interpolation

FEW = 120


@pytest.fixture(scope="module")
def mediation(models: SimpleNamespace, simulated: pd.DataFrame) -> BootstrapFit:
    fitted = sem.fit(models.MEDIATION, simulated, se="bootstrap", bootstrap=1000, seed=1)
    assert isinstance(fitted, BootstrapFit)
    return fitted


def refitted(model: str, data: pd.DataFrame, fit: BootstrapFit, number: int, **options: object) -> sem.Fit:
    """One replication again, by a plain fit to its cases."""
    assert fit.naive is not None
    chunk, place = divmod(number, CHUNK)
    root = np.random.SeedSequence(fit.naive.seed)
    sizes = [min(CHUNK, fit.naive.asked - start) for start in range(0, fit.naive.asked, CHUNK)]
    child = root.spawn(len(sizes))[chunk]
    (counts,) = plan_draws(fit.model.sample).counts(np.random.default_rng(child), sizes[chunk])
    return sem.fit(model, data.loc[np.repeat(data.index, counts[place].astype(int))], **options)


class TestIntervals:
    """R's package boot, to rounding."""

    @pytest.fixture
    def given(self, reference) -> dict:
        return reference("bootstrap")["intervals"]

    def test_quantiles(self, given) -> None:
        found = normal_interpolation(np.sort(given["values"]), np.array(given["alpha"]))
        assert_allclose(found, given["quantiles"], rtol=1e-12)

    @pytest.mark.parametrize("kind", ["perc", "basic", "norm", "bca.simple", "bca"])
    def test_kinds(self, given, kind: str) -> None:
        values = np.array(given["values"])
        se = values.std(ddof=1)
        found = interval(values, given["estimate"], kind, 0.95, se, given["acceleration"])
        assert_allclose(found, given[kind.replace(".", "_")], rtol=1e-12)

    def test_a_statistic_that_never_varies_has_no_width(self) -> None:
        assert interval(np.full(50, 2.0), 2.0, "perc", 0.95, 0.0) == (2.0, 2.0)

    def test_bca_is_undefined_when_all_replications_lie_on_one_side(self) -> None:
        assert np.isnan(interval(np.linspace(1.0, 2.0, 50), 3.0, "bca.simple", 0.95, 1.0)).all()


class TestStandardErrors:
    def test_lavaan_within_monte_carlo_error(self, mediation: BootstrapFit, reference) -> None:
        """Two bootstraps of 1,000: the ratio of their standard errors has a standard deviation of about 4 %."""
        expected = pd.DataFrame(reference("bootstrap")["se"])
        both = mediation.estimates.merge(expected, on=["lhs", "op", "rhs"], suffixes=("", "_lavaan"))
        assert len(both) == len(expected)
        assert_allclose(both["est"], both["est_lavaan"], atol=2e-4)
        moving = both[both["se_lavaan"] > 0]
        ratio = moving["se"] / moving["se_lavaan"]
        assert ratio.between(0.84, 1.19).all()
        assert abs(np.log(ratio).mean()) < 0.02
        for ours, theirs in (("ci_lower", "ci.lower"), ("ci_upper", "ci.upper")):
            assert (abs(moving[ours] - moving[theirs]) / moving["se_lavaan"]).max() < 0.45
        assert (both.loc[both["se_lavaan"] == 0, "se"] == 0).all()

    def test_vcov_belongs_to_the_table(self, mediation: BootstrapFit) -> None:
        table = mediation.estimates
        free = table[table["free"] > 0]
        assert_allclose(np.sqrt(np.diag(mediation.vcov)), free["se"], rtol=1e-12)

    @pytest.mark.parametrize("number", [0, 7, CHUNK + 3])
    def test_a_replication_is_the_fit_to_its_cases(self, models, simulated, number: int) -> None:
        fitted = sem.fit(models.MEDIATION, simulated, bootstrap=FEW, seed=4)
        assert fitted.naive is not None
        alone = refitted(models.MEDIATION, simulated, fitted, number)
        assert_allclose(fitted.naive.theta[number], alone.theta, atol=2e-5)
        assert_allclose(fitted.naive.statistic[number], alone.test.statistic, atol=1e-6)

    def test_one_by_one_gives_the_same_as_all_at_once(self, models, simulated) -> None:
        fitted = sem.fit(models.LABEL, simulated)
        together = fitted.model.family.worker(fitted.model, fitted.optimum.point, "ordinary")
        alone = CaseWorker(fitted.model, fitted.optimum.point)
        first, second = (worker.run(np.random.SeedSequence(3), 6) for worker in (together, alone))
        assert not isinstance(together, CaseWorker)
        assert_allclose(first.theta, second.theta, atol=2e-5)
        assert_allclose(first.statistic, second.statistic, atol=1e-6)

    def test_standardised_values_are_those_of_every_replication(self, models, simulated) -> None:
        fitted = sem.fit(models.MEDIATION, simulated, bootstrap=8, seed=5)
        each = [refitted(models.MEDIATION, simulated, fitted, b).standardized()["est_std"] for b in range(8)]
        found = fitted.standardized()
        spread = np.std(each, axis=0, ddof=1)
        assert_allclose(found["se"], np.where(spread > 1e-9, spread, 0.0), atol=2e-5)

    def test_defined_parameters_are_those_of_every_replication(self, models, simulated) -> None:
        fitted = sem.fit(models.MEDIATION, simulated, bootstrap=8, seed=5)
        each = [refitted(models.MEDIATION, simulated, fitted, b).estimates["est"].iloc[-1] for b in range(8)]
        assert fitted.estimates["lhs"].iloc[-1] == "ab"
        assert_allclose(fitted.estimates["se"].iloc[-1], np.std(each, ddof=1), atol=1e-5)

    def test_acceleration_of_a_variance(self, simulated) -> None:
        """A saturated model's variance moves with (y − m)²: Efron's formula applied to these."""
        fitted = sem.fit("a1 ~~ a1\na2 ~~ a2\na1 ~~ a2", simulated)
        square = (simulated["a1"] - simulated["a1"].mean()) ** 2
        centred = square - square.mean()
        expected = (centred**3).sum() / (6 * (centred**2).sum() ** 1.5)
        place = fitted.estimates.query("lhs == 'a1' and rhs == 'a1'")["free"].iloc[0] - 1
        assert_allclose(
            acceleration(influence(fitted.model, fitted.optimum))[place], abs(expected), rtol=1e-6
        )

    @pytest.mark.parametrize("kind", ["basic", "norm", "bca.simple", "bca"])
    def test_other_intervals_keep_estimate_and_standard_error(self, mediation, kind: str) -> None:
        table, known = mediation.bootstrap_intervals(kind), mediation.estimates
        assert_array_equal(table[["est", "se"]], known[["est", "se"]])
        moving = table["se"] > 0
        assert (table["ci_lower"] < table["ci_upper"])[moving].all()
        assert abs((table["ci_lower"] - known["ci_lower"]) / table["se"])[moving].max() < 1.5

    def test_narrower_at_a_lower_level(self, mediation) -> None:
        wide, narrow = mediation.estimates, mediation.bootstrap_intervals("perc", 0.5)
        moving = wide["se"] > 0
        assert (narrow["ci_lower"] > wide["ci_lower"])[moving].all()
        with pytest.raises(InputError, match="confidence level"):
            mediation.bootstrap_intervals("perc", 95)


class TestSeeds:
    @pytest.mark.parametrize("estimator", ["ML", "GLS"])
    def test_same_whatever_the_number_of_workers(self, models, simulated, estimator: str) -> None:
        """All at once (threads) and one by one (processes)."""
        fits = [
            sem.fit(models.CFA, simulated, estimator=estimator, bootstrap=FEW, seed=11, n_jobs=jobs)
            for jobs in (1, 2)
        ]
        first, second = (fitted.naive.theta for fitted in fits)
        assert_array_equal(first, second)

    def test_seed_that_was_not_given_is_told(self, models, simulated) -> None:
        fitted = sem.fit(models.CFA, simulated, bootstrap=10)
        (message,) = (str(found) for found in fitted.problems if found.code == "bootstrap")
        seed = int(re.findall(r"seed (\d+)", message)[0])
        assert f"naive bootstrap: {len(fitted.naive.good)} of 10 replications, seed {seed}" in message
        assert ", p =" not in message
        again = sem.fit(models.CFA, simulated, bootstrap=10, seed=seed)
        assert_array_equal(fitted.naive.theta, again.naive.theta)


class TestBollenStine:
    def test_lavaan_within_monte_carlo_error(self, models, simulated, reference) -> None:
        expected = reference("bootstrap")["bollen_stine"]
        fitted = sem.fit(models.CFA, simulated[:120], test="bollen.stine", bootstrap=1000, seed=2)
        assert_allclose(fitted.bollen_stine.statistic, expected["chisq"], rtol=1e-6)
        spread = np.sqrt(2 * expected["p"] * (1 - expected["p"]) / 1000)
        assert abs(fitted.bollen_stine.pvalue - expected["p"]) < 4 * spread
        assert "Bollen-Stine bootstrap: 1000 of 1000 replications, seed 2, p = " in fitted.summary()
        # standard errors stay those of the estimator
        assert_allclose(fitted.estimates["se"], sem.fit(models.CFA, simulated[:120]).estimates["se"])

    @pytest.mark.parametrize("options", [{}, {"group": "g", "group_equal": ["loadings", "intercepts"]}])
    def test_the_model_holds_in_the_transformed_data(self, models, simulated, options) -> None:
        data = simulated.assign(g=np.arange(len(simulated)) % 2)
        fitted = sem.fit(models.CFA, data, **options)
        point = fitted.optimum.point
        for group, implied in zip(fitted.model.sample.groups, point.implied, strict=True):
            Z = transformed(group, implied)
            assert_allclose(np.cov(Z, rowvar=False, bias=True), implied.sigma, atol=1e-10)
            if implied.mu is not None:
                assert_allclose(Z.mean(axis=0), implied.mu, atol=1e-10)

    def test_needs_complete_continuous_data(self, models, incomplete) -> None:
        with pytest.raises(InputError, match="not with missing='ml'"):
            sem.fit(models.CFA, incomplete, missing="fiml", test="bollen.stine", bootstrap=10)


class TestResampling:
    def test_clusters_are_drawn_whole(self, models, simulated) -> None:
        data = simulated.assign(firm=np.arange(len(simulated)) // 5)
        fitted = sem.fit(models.CFA, data, cluster="firm")
        (counts,) = plan_draws(fitted.model.sample).counts(np.random.default_rng(1), 20)
        by_firm = counts.reshape(20, -1, 5)
        assert (by_firm == by_firm[:, :, :1]).all()
        assert (by_firm[:, :, 0].sum(axis=1) == by_firm.shape[1]).all()
        assert set(np.unique(counts)) >= {0.0, 1.0, 2.0}

    def test_groups_keep_their_sizes(self, models, simulated) -> None:
        data = simulated.assign(g=np.where(np.arange(len(simulated)) % 3 == 0, "a", "b"))
        fitted = sem.fit(models.CFA, data, group="g")
        counts = plan_draws(fitted.model.sample).counts(np.random.default_rng(1), 20)
        for own, group in zip(counts, fitted.model.sample.groups, strict=True):
            assert (own.sum(axis=1) == group.n).all()

    @pytest.mark.parametrize("missing", ["fiml", "robust.two.stage"])
    def test_incomplete_cases(self, models, incomplete, missing: str) -> None:
        items = incomplete.filter(regex="^[abc][0-9]$").dropna(how="all")
        fitted = sem.fit(models.CFA, items, missing=missing, bootstrap=12, seed=2)
        alone = refitted(models.CFA, items, fitted, 5, missing=missing)
        assert_allclose(fitted.naive.theta[5], alone.theta, atol=5e-5)

    def test_ordered_variables(self, ordinal) -> None:
        model = "f =~ u1 + u2 + u3 + u4\n"
        fitted = sem.fit(model, ordinal, ordered=True, bootstrap=12, seed=2)
        alone = refitted(model, ordinal, fitted, 5, ordered=True)
        assert_allclose(fitted.naive.theta[5], alone.theta, atol=5e-5)


class TestHonesty:
    def test_failures_are_counted_with_reasons(self, models, simulated) -> None:
        fitted = sem.fit(models.CFA, simulated[:16], bootstrap=40, seed=1)
        failed = fitted.naive.failed
        assert failed == sum(fitted.naive.reasons.values()) > 0
        (found,) = (found for found in fitted.problems if found.code == "bootstrap_failures")
        assert f"{failed} of 40" in str(found)
        assert found.serious

    @pytest.mark.parametrize("number", [1, -5, "many", 2.5])
    def test_number_of_replications(self, models, simulated, number: object) -> None:
        with pytest.raises(InputError, match="number of replications"):
            sem.fit(models.CFA, simulated, bootstrap=number)

    def test_options_that_contradict(self, models, simulated) -> None:
        with pytest.raises(InputError, match="nothing to bootstrap"):
            sem.fit(models.CFA, simulated, se="none", bootstrap=10)
        with pytest.raises(InputError, match="engine='semopy'"):
            sem.fit(models.CFA, simulated, engine="semopy", bootstrap=10)

    def test_moments_have_no_cases(self, simulated) -> None:
        columns = ["a1", "a2", "a3", "a4"]
        fitted = sem.from_moments("A =~ a1 + a2 + a3 + a4", simulated[columns].cov(), len(simulated))
        with pytest.raises(sem.ModelError, match="cases, not moments"):
            fitted.bootstrap(10)

    def test_two_levels_are_refused(self, simulated) -> None:
        data = simulated.assign(firm=np.arange(len(simulated)) // 5)
        model = "level: 1\nw =~ a1 + a2 + a3\nlevel: 2\nb =~ a1 + a2 + a3\n"
        with pytest.raises(InputError, match="not with 'level:' blocks"):
            sem.fit(model, data, cluster="firm", bootstrap=10)

    def test_intervals_need_naive_replications(self, models, simulated) -> None:
        fitted = sem.fit(models.CFA, simulated, test="bollen.stine", bootstrap=10, seed=1)
        with pytest.raises(sem.ModelError, match="naive"):
            fitted.bootstrap_intervals()
