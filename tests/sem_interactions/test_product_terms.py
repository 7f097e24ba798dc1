"""What a model text says about products of factors, before anything is estimated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.interactions.model import latent_products
from comply_measure.sem.language.parser import parse_model

MEASURED = "X =~ x1 + x2\nZ =~ z1 + z2\nY =~ y1 + y2\n"


def test_products_are_found_with_their_components_and_the_linear_part() -> None:
    text = (
        MEASURED
        + "Y ~ a*X + Z + b*X:Z + c*X:w + w + u:w\nV ~ X + Z + w + 0.5*Z:X\nX ~~ X:Z\nd := a*b\ne := d + a\nf := 2*a"
    )
    found = latent_products(parse_model(text))
    assert found is not None
    assert [(t.outcome, t.product) for t in found.terms] == [("Y", "X:Z"), ("Y", "X:w"), ("V", "X:Z")]
    assert [t.modifiers.label for t in found.terms] == [("b",), ("c",), ()]
    assert found.terms[2].modifiers.fixed == (0.5,)
    assert found.terms[0].components[0].indicators == ("x1", "x2")
    assert [c.latent for c in found.terms[1].components] == [True, False]
    assert found.products == ("X:Z", "X:w")
    assert [(t.lhs, t.op, t.rhs) for t in found.extra] == [("X", "~~", "X:Z")]
    linear = [(t.lhs, t.op, t.rhs) for t in found.linear.terms if t.op != "=~"]
    assert linear == [("Y", "~", n) for n in ("X", "Z", "w", "u:w")] + [
        ("V", "~", n) for n in ("X", "Z", "w")
    ]
    assert [r.lhs for r in found.linear.relations] == ["f"]
    assert [r.lhs for r in found.dropped] == ["d", "e"]
    assert found.notes == ()


def test_products_of_columns_need_nothing() -> None:
    assert latent_products(parse_model("y ~ x + z + x:z")) is None


def test_a_quadratic_term_and_a_missing_first_order_term() -> None:
    found = latent_products(parse_model(MEASURED + "Y ~ X + X:X + X:Z"))
    assert found is not None
    assert [t.quadratic for t in found.terms] == [True, False]
    assert len(found.notes) == 1 and "'Y ~ X:Z' without 'Y ~ Z'" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MEASURED + "Y ~ X + X:x1", "'x1' is an indicator of 'X', which it multiplies"),
        (MEASURED + "Y ~ X + X:Y", "'Y' is 'Y' itself or follows from it"),
        (MEASURED + "Y ~ X\nW ~ Y\nY ~ X:W", "'W' is 'Y' itself or follows from it"),
        (
            MEASURED + "Y ~ X + X:`w:2`",
            "names with a colon, as of two waves, cannot be told from products: 'w:2' ",
        ),
        ("X =~ `x:1` + `x:2`\nY ~ X + w + X:w", "cannot be told from products: 'x:1', 'x:2' "),
        ("X <~ x1 + x2\nY ~ X + w + X:w", "'X' is a composite: it has no product"),
        (MEASURED + "Y =~ X:Z", "'X:Z' cannot measure or be measured"),
        (MEASURED + "Y ~ X + Z + X:Z + Z:X", "'X:Z' stands twice in the equation of 'Y'"),
        ("level: 1\nX =~ x1 + x2\ny ~ X + w + X:w\nlevel: 2\ny ~~ y", "not available with 'level:' blocks"),
        (MEASURED + "Y ~ X + X:1", "a product with the constant 1 is no variable of its own"),
        (MEASURED + "Y ~ X + X:Z:w", "a product has two variables"),
    ],
)
def test_products_without_a_meaning_are_refused(text: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        latent_products(parse_model(text))
    assert says in str(raised.value)
    assert len(raised.value.problems) == 1


def test_products_of_a_predicted_column_have_the_errors_of_least_squares(products: pd.DataFrame) -> None:
    """Errors are those of each regression (divisor n) to 1e-6; expected information is said to be off.

    lavaan's expected information takes w:y1 to be uncorrelated with y1, and its errors are a fraction of these.
    """
    text = "y1 ~ x1 + z1\nw ~ x1 + y1 + z1 + y1:z1"
    found = sem.fit(text, products)
    y1, z1 = products["y1"], products["z1"]
    Z = np.column_stack([np.ones(len(products)), products["x1"], y1, z1, y1 * z1])
    b, (rest,), _, _ = np.linalg.lstsq(Z, products["w"], rcond=None)
    se = np.sqrt(np.diag(np.linalg.inv(Z.T @ Z)) * rest / len(products))[1:]
    mine = found.estimates[found.estimates["lhs"] + found.estimates["op"] == "w~"]
    assert np.allclose(mine["est"], b[1:], rtol=1e-5)
    assert np.allclose(mine["se"], se, rtol=1e-6)
    (note,) = [p.message for p in found.problems if "y1:z1" in p.message]
    assert "observed information" in note and "χ² is not to be relied on" in note
    moments = products[["x1", "z1", "y1", "w"]].assign(**{"y1:z1": y1 * z1}).cov()
    assert np.allclose(errors_of_w(sem.from_moments(text, moments, nobs=len(products))), se, rtol=1e-5)
    latent = "X =~ x1 + x2 + x3\ny1 ~ X + z1\nw ~ X + y1 + z1 + y1:z1"
    two_steps, whole = sem.sam(latent, products), sem.fit(latent, products)
    assert np.allclose(errors_of_w(two_steps), errors_of_w(whole), rtol=0.05)
    expected = sem.fit(text, products, information="expected")
    assert (expected.estimates["se"] < 0.9 * found.estimates["se"]).any()
    assert any(
        "nor are standard errors from the expected information" in p.message for p in expected.problems
    )


def errors_of_w(fit: sem.Fit) -> np.ndarray:
    table = fit.estimates
    return table["se"].to_numpy()[((table["lhs"] == "w") & (table["op"] == "~")).to_numpy()]


@pytest.mark.parametrize("how", ["product", "lms", "qml"])
def test_a_moderator_without_values_is_no_fault_of_the_items(how: str) -> None:
    """No complete case is what is said, not that the items have no variance."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(50, 6)), columns=["x1", "x2", "x3", "y1", "y2", "y3"])
    data["w"] = np.nan
    text = "X =~ x1 + x2 + x3\nY =~ y1 + y2 + y3\nY ~ X + w + X:w"
    with pytest.raises(InputError, match="Too few complete cases in the data"):
        sem.fit(text, data, interactions=how)


@pytest.mark.parametrize("how", ["product", "sam", "lms", "qml"])
def test_what_only_the_covariances_of_a_product_tell_apart_is_not_identified(
    products: pd.DataFrame, how: str
) -> None:
    text = MEASURED + "Y ~ X + Z + X:Z\nX ~ Z\nX ~~ Z"
    fit = sem.sam(text, products) if how == "sam" else sem.fit(text, products, interactions=how)
    found = [p.message for p in fit.problems if p.code.endswith("not_identified")]
    assert len(found) == 1 and "do not separate: X~Z, X~~Z" in found[0]
    assert fit.estimates.loc[fit.estimates.free > 0, "se"].isna().all()


@pytest.mark.parametrize("how", ["product", "sam"])
def test_a_product_that_leads_to_a_predictor_is_its_instrument(products: pd.DataFrame, how: str) -> None:
    text = MEASURED + "Z ~ X + w + X:w\nY ~ Z + X\nY ~~ Z"
    fit = sem.sam(text, products) if how == "sam" else sem.fit(text, products, interactions=how)
    assert not fit.unidentified
    assert fit.estimates.loc[fit.estimates.free > 0, "se"].notna().all()


@pytest.mark.parametrize("how", ["lms", "qml"])
def test_covariances_of_products_belong_to_product_indicators(products: pd.DataFrame, how: str) -> None:
    with pytest.raises(InputError, match=r"row 5: 'X ~~ X:Z': no parameter.*interactions='product'"):
        sem.fit(MEASURED + "Y ~ X + Z + X:Z\nX ~~ X:Z", products, interactions=how)


@pytest.mark.parametrize("interactions", ["lms", "qml"])
def test_what_only_the_products_identify_is_said(interactions: str) -> None:
    """A single indicator with a free residual variance: its covariances alone do not tell error from factor."""
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(2, 300))
    y = 0.4 * x + 0.3 * z + 0.3 * x * z + rng.normal(size=300) * 0.7
    columns = {
        f"{name}{i}": part + rng.normal(size=300) * 0.6
        for name, part in (("z", z), ("y", y))
        for i in (1, 2, 3)
    }
    data = pd.DataFrame(columns | {"x1": x + rng.normal(size=300) * 0.6})
    text = "X =~ x1\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z"
    free = sem.fit(f"{text}\nx1 ~~ x1", data, interactions=interactions)
    told = [problem.message for problem in free.problems if "rests on normality" in problem.message]
    assert len(told) == 1 and told[0].startswith(
        "without its products the model is not identified: a direction"
    )
    fixed = sem.fit(f"{text}\nx1 ~~ 0.36*x1", data, interactions=interactions)
    assert not any("rests on normality" in problem.message for problem in fixed.problems)
