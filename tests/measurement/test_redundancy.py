"""Error of ln VIF against its value under normality and against simulation with missing answers."""

from __future__ import annotations

import numpy as np

from comply_measure.measurement.items.redundancy import log_inflation_errors

ROOT = np.linalg.cholesky(np.full((4, 4), 0.5) + 0.5 * np.eye(4)).T


def test_complete_normal_answers_have_the_error_in_closed_form() -> None:
    rng = np.random.default_rng(12)
    x = rng.standard_normal((20_000, 4)) @ ROOT
    squared = 1 - 1 / np.diag(np.linalg.inv(np.corrcoef(x.T)))
    found = log_inflation_errors(x, np.arange(len(x)))
    np.testing.assert_allclose(found, 2 * np.sqrt(squared / len(x)), rtol=0.03)
    # three rows that are one: a third of the cases
    thrice = log_inflation_errors(np.repeat(x[:3000], 3, axis=0), np.repeat(np.arange(3000), 3))
    np.testing.assert_allclose(thrice, log_inflation_errors(x[:3000], np.arange(3000)), rtol=1e-9)


def test_missing_answers_make_it_larger_by_as_much_as_estimates_vary() -> None:
    rng = np.random.default_rng(13)
    logs, errors = [], []
    for _ in range(400):
        x = rng.standard_normal((300, 4)) @ ROOT
        x[rng.random(x.shape) < 0.25] = np.nan
        masked = np.ma.masked_invalid(x)
        C = np.ma.cov(masked, rowvar=False).filled(np.nan)
        logs.append(np.log(np.diag(C) * np.diag(np.linalg.inv(C))))
        if len(errors) < 60:
            errors.append(log_inflation_errors(x, np.arange(300)))
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(logs, axis=0), rtol=0.15)


def test_one_cluster_and_determined_items_have_none() -> None:
    x = np.random.default_rng(14).standard_normal((50, 3))
    assert np.isnan(log_inflation_errors(x, np.zeros(50, dtype=np.intp))).all()
    x[:, 2] = x[:, 0] - x[:, 1]
    assert np.isnan(log_inflation_errors(x, np.arange(50))).all()
    assert np.isnan(log_inflation_errors(np.empty((0, 2)), np.empty(0, dtype=np.intp))).all()
