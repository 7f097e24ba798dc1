"""What reverse-keyed items share beyond what they measure: one model of all items, with and without the careless."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.evidence.careless_answers import INFORMANT
from comply_measure.evidence.rules.method_variance import WORDING
from comply_measure.models.method_variance import WordingFactor, wording_factor
from comply_measure.sem.tables import normal_quantile
from comply_measure.tables.roles import role_centred

if TYPE_CHECKING:
    from comply_measure.evidence.estimation import Cluster, Estimation
    from comply_measure.evidence.focal import Focal
    from comply_measure.evidence.verdicts import Answer, Number, Verdict
    from comply_measure.sem import Fit

EVERYONE, ATTENTIVE = "everyone", "attentive"
_Z = normal_quantile(0.95)
_NAMES = ("wording_factor", "agreeing_factor")


@dataclass(frozen=True, eq=False)
class ReverseWording(Evidence):
    """The factor of reverse wording behind all items of a scale.

    Parameters
    ----------
    effects : DataFrame
        A row per sample, ``everyone`` and, where informants are flagged as careless, ``attentive`` (without them):
        ``sample``, ``n_informants``, ``share`` (mean share of a reverse-keyed item's variance that is the factor's),
        ``share_lower``, ``share_upper`` (95 %), ``p`` (one-sided), ``loading`` (mean standardised loading, the root of
        the share; NaN below 0), ``agreeing_share`` (of every item's variance, by the factor of agreeing),
        ``note`` (why numbers are missing).
    items : DataFrame
        A row per item: ``item``, ``attribute``, ``reverse_keyed``, ``without`` and ``substantive`` (standardised
        loading on its attribute without and with the two factors), ``wording``, ``agreeing``.
    scores : DataFrame
        A row per dimension and attribute: ``construct``, ``level``, ``n_items``, ``n_reverse``, ``without`` and
        ``substantive`` (share of the score's variance that attributes carry), ``wording``, ``agreeing`` (shares that
        the two factors carry).
    n_items, n_reverse, n_flagged, n_clusters : int
        `n_flagged` −1 where carelessness was not looked at, `n_clusters` −1 without.
    notes : tuple of str
    """

    effects: pd.DataFrame
    items: pd.DataFrame
    scores: pd.DataFrame
    n_items: int
    n_reverse: int
    n_flagged: int
    n_clusters: int
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """The effects."""
        return self.effects


def reverse_wording(
    chosen: Focal,
    options: Estimation,
    cluster: Cluster,
    *,
    centred: bool = True,
    flagged: frozenset[tuple[str, ...]] | None = None,
    detail: bool = True,
) -> ReverseWording:
    """One factor behind all reverse-keyed items of a scale, beside one of agreeing with everything.

    Attributes (or constructs without attributes) are correlated factors of their items; see
    :func:`comply_measure.models.method_variance.wording_factor`. The share is ``ω² · mean(1/σ²)`` over the
    reverse-keyed items, σ² being the variances that the model implies; its interval that of ω², the σ² taken as known.
    A score's parts are those of its weights w (equal within attributes, attributes equal within a dimension) in the
    model's moments: ``w'ΛΦΛ'w``, ``(Σ wᵢ rᵢ)² ω²``, ``(Σ wᵢ (1 − 2rᵢ))² γ²``, over their sum with the residuals.

    Parameters
    ----------
    chosen : Focal
        The scale.
    options : Estimation
    cluster : {"unit", "firm", "none"}
    centred : bool
        Take each role's means off first.
    flagged : frozenset of tuple of str, optional
        Unit, role and name of informants flagged as careless: the factor is also estimated without them.
    detail : bool
        Also loadings and scores, which need the model without the two factors.

    Returns
    -------
    ReverseWording

    Raises
    ------
    ComplyError
        If there are too few reverse-keyed items, or the model cannot be fitted.
    """
    factors = {key: tuple(names) for key, names in chosen.items.items()}
    names = [name for members in factors.values() for name in members]
    turned = [name for name in names if chosen.scale.item(name).keying < 0]
    known = chosen.responses.data.loc[chosen.rows.to_numpy(), list(INFORMANT)].astype(str)
    data = role_centred(chosen.answers(), names) if centred else chosen.answers()
    kept = data[names].notna().any(axis=1).to_numpy()
    careful = np.array([key not in (flagged or ()) for key in known.itertuples(index=False, name=None)])
    samples = {EVERYONE: data[kept]}
    if not careful[kept].all():
        samples[ATTENTIVE] = data[kept & careful]
    found = {
        sample: wording_factor(
            rows,
            factors,
            turned,
            estimator=options.estimator,
            missing=options.missing,
            cluster=None if cluster == "none" else cluster,
            names=_NAMES,
            models=("traits", "both") if detail and sample == EVERYONE else ("both",),
        )
        for sample, rows in samples.items()
    }
    whole = found[EVERYONE]
    if "both" not in whole.fits:
        raise ComplyError(f"the model of all items {whole.failures['both']}")
    shown = "traits" in whole.fits
    return ReverseWording(
        effects=pd.DataFrame([_effect(model, key, turned) for key, model in found.items()]),
        items=_items(whole) if shown else pd.DataFrame(),
        scores=_scores(chosen, whole, factors) if shown else pd.DataFrame(),
        n_items=len(names),
        n_reverse=len(turned),
        n_flagged=-1 if flagged is None else int((~careful[kept]).sum()),
        n_clusters=whole.n_clusters,
        notes=(*whole.notes, *_doubts(whole)),
    )


def _doubts(model: WordingFactor) -> tuple[str, ...]:
    """What few clusters mean for one variance of a large model."""
    free = int(model.fits["both"].npar)
    if not 0 <= model.n_clusters < free:
        return ()
    return (
        f"the model has {free} parameters and {model.n_clusters} clusters: its fit cannot be tested and is not "
        "printed; how well the interval of this one variance covers was simulated (docs/models.md)",
    )


def _effect(model: WordingFactor, sample: str, turned: Sequence[str]) -> dict[str, object]:
    """Shares of variance by the two factors, in one sample."""
    row = model.effects[model.effects["model"] == "both"].to_dict("records")[0]
    note, inverse, every = model.failures.get("both", ""), math.nan, math.nan
    if not note:
        inverted = 1 / _variances(model.fits["both"])
        inverse, every = float(inverted[list(turned)].mean()), float(inverted.mean())
    variance, error = float(row["wording_variance"]), float(row["wording_variance_se"])
    share, half = variance * inverse, _Z * error * inverse
    if not note and half != half:
        note = "the variance of the factor has no standard error"
    return {
        "sample": sample,
        "n_informants": model.n_informants,
        "share": share,
        "share_lower": share - half,
        "share_upper": share + half,
        "p": row["wording_variance_p"],
        "loading": math.sqrt(share) if share >= 0 else math.nan,
        "agreeing_share": row["agreeing_variance"] * every,
        "note": note,
    }


def _variances(fit: Fit) -> pd.Series[float]:
    """Variances of the items in the model."""
    implied = fit.implied().cov
    return pd.Series(np.diag(implied.to_numpy(dtype=np.float64)), implied.index)


def _items(model: WordingFactor) -> pd.DataFrame:
    """Standardised loadings of the items without and with the two factors."""
    tables = {key: table.reset_index(drop=True) for key, table in model.loadings.groupby("model")}
    both = tables["both"].rename(columns={"factor": "attribute"})
    both.insert(3, "without", tables["traits"]["substantive"])
    return both.drop(columns=["model", "note"])


def _scores(chosen: Focal, model: WordingFactor, factors: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Shares of the variance of dimension and attribute scores."""
    plain = _Parts.of(model.fits["traits"], factors)
    whole = _Parts.of(model.fits["both"], factors)
    reverse = {name: chosen.scale.item(name).keying < 0 for members in factors.values() for name in members}
    members = {key: [key] for key in factors}
    if chosen.by_scores:
        members = {**{key: list(names) for key, names in chosen.factors.items()}, **members}
    rows: list[dict[str, object]] = []
    for construct, attributes in members.items():
        weights = {
            name: 1 / len(attributes) / len(factors[key]) for key in attributes for name in factors[key]
        }
        variance = whole.of_score(weights)
        turned = sum(w for name, w in weights.items() if reverse[name])
        rows.append(
            {
                "construct": construct,
                "level": "attribute" if attributes == [construct] else "dimension",
                "n_items": len(weights),
                "n_reverse": sum(reverse[name] for name in weights),
                "without": plain.content(weights) / plain.of_score(weights),
                "substantive": whole.content(weights) / variance,
                "wording": turned**2 * whole.factor[_NAMES[0]] / variance,
                "agreeing": (1 - 2 * turned) ** 2 * whole.factor[_NAMES[1]] / variance,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Moments of a fit: implied covariances, those that attributes bring, variances of the other two factors."""

    implied: pd.DataFrame
    attributes: pd.DataFrame
    factor: Mapping[str, float]

    @classmethod
    def of(cls, fit: Fit, factors: Mapping[str, Sequence[str]]) -> _Parts:
        implied, keys = fit.implied().cov, list(factors)
        table = fit.estimates
        found = {
            (lhs, op, rhs): float(value)
            for lhs, op, rhs, value in zip(
                *(table[name].tolist() for name in ("lhs", "op", "rhs", "est")), strict=True
            )
        }
        names = [name for members in factors.values() for name in members]
        loadings = pd.DataFrame(0.0, index=names, columns=keys)
        between = pd.DataFrame(np.eye(len(keys)), index=keys, columns=keys)
        for place, key in enumerate(keys):
            for name in factors[key]:
                loadings.loc[name, key] = found[key, "=~", name]
            for other in keys[:place]:
                value = found.get((key, "~~", other), found.get((other, "~~", key), 0.0))
                between.loc[key, other] = between.loc[other, key] = value
        own = {name: found.get((name, "~~", name), math.nan) for name in _NAMES}
        return cls(implied.loc[names, names], loadings @ between @ loadings.T, own)

    def of_score(self, weights: Mapping[str, float]) -> float:
        """Variance of a weighted sum of items."""
        return _quadratic(self.implied, weights)

    def content(self, weights: Mapping[str, float]) -> float:
        """Its part that attributes bring."""
        return _quadratic(self.attributes, weights)


def _quadratic(matrix: pd.DataFrame, weights: Mapping[str, float]) -> float:
    names, w = list(weights), np.array(list(weights.values()))
    return float(w @ matrix.loc[names, names].to_numpy(dtype=np.float64) @ w)


def wording_verdicts(
    found: ReverseWording | None, worth: float, conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether reverse-keyed items share something of their own; with and without informants flagged as careless.

    Parameters
    ----------
    found : ReverseWording or None
        None gives no verdict.
    worth : float
        Share of variance that the study cares for.
    conventions : mapping of str to float
    """
    if found is None:
        return ()
    rows = {row["sample"]: row for row in found.effects.to_dict("records")}
    level = conventions["test_level"]
    whole = rows[EVERYONE]
    numbers: dict[str, Number] = {**_numbers(whole), "n_reverse": found.n_reverse, "worth": worth}
    answer, case = _answer(whole, worth, level), ""
    if ATTENTIVE in rows:
        other, case = rows[ATTENTIVE], "flagged"
        numbers |= {f"{name}_attentive": value for name, value in _numbers(other).items()}
        numbers["n_flagged"] = found.n_flagged
        if _answer(other, worth, level) != answer:
            answer = "cannot say"
    return (WORDING.verdict(answer, numbers=numbers, case=case),)


def _numbers(row: Mapping[Hashable, Any]) -> dict[str, Number]:
    return {
        "share": float(row["share"]),
        "ci": (float(row["share_lower"]), float(row["share_upper"])),
        "p": float(row["p"]),
    }


def _answer(row: Mapping[Hashable, Any], worth: float, level: float) -> Answer:
    """Supported by the one-sided test, not supported where the interval excludes the share worth having."""
    if row["p"] < level / 2:
        return "supported"
    return "not supported" if row["share_upper"] < worth else "cannot say"
