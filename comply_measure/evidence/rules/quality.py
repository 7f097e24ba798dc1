"""Rules on what is missing."""

from __future__ import annotations

from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

DEPENDS = register_rule(
    VerdictRule(
        key="quality.missing_depends",
        question=Words(
            "Does what is missing depend on what is known of informants and units?",
            "Hängt das Fehlende von dem ab, was über Informanten und Einheiten bekannt ist?",
        ),
        decides=Words(
            "By a binomial regression of what is missing on all that is known. Supported where the "
            "corrected p is at most the level ({test_level:convention}); not supported where the 95% "
            "interval of the odds ratio per standard deviation lies within {odds_margin:limit} and its "
            "reciprocal ({odds_margin:convention}).",
            "Nach einer binomialen Regression des Fehlenden auf alles Bekannte. Gestützt, wenn der "
            "korrigierte p-Wert das Niveau nicht überschreitet ({test_level:convention}); nicht gestützt, "
            "wenn das 95%-Intervall des Odds Ratio je Standardabweichung zwischen {odds_margin:limit} und "
            "dem Kehrwert liegt ({odds_margin:convention}).",
        ),
        cannot_say=Words(
            "Cannot say otherwise. Where it is supported answers are not missing completely at random; no "
            "verdict can say that they are, or that they do not depend on what was not answered.",
            "Sonst nicht zu entscheiden. Wo es gestützt ist, fehlen Antworten nicht völlig zufällig; dass "
            "sie es tun oder nicht von dem abhängen, was nicht beantwortet wurde, kann kein Urteil sagen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: odds ratio {odds_ratio:number} per SD, 95% CI {ci:interval}, corrected "
                    "{p:p_phrase}.",
                    "{subject}: Odds Ratio {odds_ratio:number} je SD, 95%-KI {ci:interval}, korrigiert "
                    "{p:p_phrase}.",
                ),
                "supported: category": Words(
                    "{subject}: F = {f:number}, corrected {p:p_phrase}.",
                    "{subject}: F = {f:number}, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject}: no relation worth mentioning, odds ratio {odds_ratio:number} per SD, 95% CI "
                    "{ci:interval}.",
                    "{subject}: kein nennenswerter Zusammenhang, Odds Ratio {odds_ratio:number} je SD, 95%-KI "
                    "{ci:interval}.",
                ),
                "cannot say": Words(
                    "{subject}: whether there is a relation stays open, odds ratio {odds_ratio:number} per SD, 95% CI "
                    "{ci:interval}, corrected {p:p_phrase}.",
                    "{subject}: Ob es einen Zusammenhang gibt, bleibt offen, Odds Ratio {odds_ratio:number} je SD, "
                    "95%-KI {ci:interval}, korrigiert {p:p_phrase}.",
                ),
                "cannot say: category": Words(
                    "{subject}: whether there is a relation stays open, F = {f:number}, corrected {p:p_phrase}.",
                    "{subject}: Ob es einen Zusammenhang gibt, bleibt offen, F = {f:number}, korrigiert {p:p_phrase}.",
                ),
            }
        ),
        listed=MappingProxyType(
            {
                "supported": Words(
                    "What is missing depends on what is known, so it is not missing completely at random: "
                    "{subjects}.",
                    "Das Fehlende hängt von Bekanntem ab, fehlt also nicht völlig zufällig: {subjects}.",
                ),
                "not supported": Words(
                    "{n} of {of} relations of what is missing to what is known {n:is|are} too small to mention.",
                    "{n} von {of} Zusammenhängen des Fehlenden mit Bekanntem {n:ist|sind} zu klein, um erwähnt zu "
                    "werden.",
                ),
                "cannot say": Words(
                    "{n} of {of} relations of what is missing to what is known {n:stays|stay} open.",
                    "{n} von {of} Zusammenhängen des Fehlenden mit Bekanntem {n:bleibt|bleiben} offen.",
                ),
            }
        ),
        number=(Words("corrected p", "korrigiertes p"), "p", "p"),
        source="Liang and Zeger (1986); Pustejovsky and Tipton (2018)",
        subject=("reason", "variable"),
        joined=" ← ",
        conventions=("test_level", "odds_margin"),
        family=Words(
            "Corrected after Holm over all kinds of what is missing and all predictors",
            "Nach Holm über alle Arten des Fehlenden und alle Prädiktoren korrigiert",
        ),
        headline=True,
    )
)
