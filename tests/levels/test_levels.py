"""Few replications of the kept simulations: far from the nominal level they fail."""

from __future__ import annotations

import crowd_levels
import engine_levels
import feedback_levels
import journey_levels
import measurement_levels
import model_levels
import structure_levels


def test_size_of_littles_test() -> None:
    rates = measurement_levels.little_mcar(20)
    assert max(rates["200 x 6 normal"], rates["200 x 6 likert5"], rates["200 x 20 likert5"]) <= 0.2
    assert rates["200 x 20 lognormal"] >= 0.1  # why the note warns of skewed items


def test_size_of_pattern_homogeneity() -> None:
    rates = measurement_levels.pattern_homogeneity(4)
    assert max(rates.values()) <= 0.5
    assert sum(rates.values()) / len(rates) <= 0.2


def test_attentive_informants_are_seldom_flagged() -> None:
    rates = measurement_levels.careless_flags(3)
    assert max(rates.values()) <= 0.08


def test_coverage_of_product_indicators() -> None:
    rates = engine_levels.product_indicators(5)
    for word, low, high in (("coverage", 0.7, 1.0), ("coverage of slope", 0.7, 1.0), ("size", 0.0, 0.3)):
        mine = [rate for name, rate in rates.items() if name.endswith(f" {word}")]
        assert low <= sum(mine) / len(mine) <= high, word
    assert max(abs(rate) for name, rate in rates.items() if name.endswith("bias")) < 0.1


def test_coverage_of_cluster_robust_least_squares() -> None:
    rates = engine_levels.cluster_robust_least_squares(12)
    for estimator in ("GLS", "ULS", "DWLS", "WLS"):
        assert rates[f"{estimator} coverage"] >= 0.8
        assert rates[f"{estimator} coverage without cluster"] < rates[f"{estimator} coverage"]
        assert rates[f"{estimator} size"] <= 0.34


def test_what_finds_the_number_of_factors() -> None:
    """Criteria with a vote in the report are right far more often than MAP, which has none."""
    rates = measurement_levels.number_of_factors(24)
    for kind in ("symmetric", "skewed"):
        assert min(rates[f"factors_minres {kind}"], rates[f"kaiser {kind}"]) >= 0.6
        assert max(rates[f"map {kind}"], rates[f"map4 {kind}"]) <= 0.6


def test_bias_and_coverage_of_latent_products() -> None:
    rates = engine_levels.latent_products(3)
    assert all(rate == 1.0 for name, rate in rates.items() if name.endswith("converged"))
    assert max(abs(rate) for name, rate in rates.items() if name.endswith("bias")) < 0.2


def test_size_of_tests_of_equal_roles() -> None:
    rates = model_levels.actor_partner(5)
    assert max(rates["120 distinguishability"], rates["120 actor"], rates["120 partner"]) <= 0.6
    assert rates["120 coverage of p"] >= 0.6


def test_size_of_tests_of_paths_by_role() -> None:
    rates = model_levels.role_paths(6)
    assert max(rates[f"240 {name}"] for name in ("role", "two roles", "source", "owner")) <= 0.5
    assert rates["240 coverage of a path"] >= 0.6


def test_coverage_and_size_of_the_wording_factor() -> None:
    rates = model_levels.wording_factors(8)
    assert rates["600 fitted"] == 1.0
    assert min(rates["600 coverage of wording"], rates["600 coverage of agreeing"]) >= 0.6
    assert max(rates["300 size"], rates["600 size"]) <= 0.4


def test_coverage_of_indirect_effects() -> None:
    rates = engine_levels.indirect_effects(6)
    mine = [rate for name, rate in rates.items() if name.endswith((" mc", " perc", " bca"))]
    assert sum(mine) / len(mine) >= 0.75


def test_coverage_over_stages_of_the_journey() -> None:
    rates = journey_levels.journey_stages(3)
    assert min(rates["60 firms: coverage of levels"], rates["60 firms: coverage of gaps"]) > 0.8
    assert abs(rates["60 firms: bias of levels"]) < 0.1


def test_feedback_calls() -> None:
    rates = feedback_levels.feedback_calls(1)
    assert rates["alike: units with a dispute"] < 0.15
    assert rates["stated: units with a dispute"] > 0.6
    assert max(rates["alike: units with a wrong sign"], rates["stated: units with a wrong sign"]) < 0.06


def test_coverage_where_informants_are_interchangeable_within_roles() -> None:
    rates = crowd_levels.interchangeable_informants(3, (120,))
    shares = [rate for name, rate in rates.items() if name.endswith("admissible")]
    covered = [rate for name, rate in rates.items() if "coverage" in name]
    assert len(shares) == 3 and sum(shares) / 3 >= 0.6
    assert len(covered) == 9 and sum(covered) / 9 >= 0.8


def test_what_one_informant_says_alike_is_told_from_what_units_share_on_two_levels_alone() -> None:
    rates = structure_levels.two_level_paths(10)
    assert abs(rates["240 two levels, mean"] - 0.5) < 0.12
    assert rates["240 two levels, coverage"] >= 0.7
    assert rates["240 corrected means, mean"] > 0.75
    assert rates["240 corrected means, coverage"] <= 0.4
