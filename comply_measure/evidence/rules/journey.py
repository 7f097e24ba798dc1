"""Rules of the customer journey: what differs, whether the loop closes, what is weak or disputed at a stage."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.evidence.verdicts import VerdictRule, Words, register_rule

_WEAK = "{deviation:number} points, 95% CI {ci:interval}, corrected {p:p_phrase}"
_SCHWACH = "{deviation:number} Punkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}"
_GAP = "{pair:pair} {gap:number} points, 95% CI {ci:interval}, corrected {p:p_phrase}"
_ABSTAND = "{pair:pair} {gap:number} Punkte, 95%-KI {ci:interval}, korrigiert {p:p_phrase}"
_CELLS, _ZELLEN = "of {of} cells of stage and dimension", "von {of} Zellen aus Stufe und Dimension"
_SOURCE = "Pustejovsky and Tipton (2018) for the tests; Holm (1979)"


def _cells(en: str, de: str) -> Mapping[str, Words]:
    """Sentences for many cells of stage and dimension, by what they are called."""
    return MappingProxyType(
        {
            "supported": Words(
                f"{{n}} {_CELLS} {{n:is|are}} {en}: {{subjects}}.",
                f"{{n}} {_ZELLEN} {{n:ist|sind}} {de}: {{subjects}}.",
            ),
            "not supported": Words(
                f"{{n}} {_CELLS} {{n:is|are}} not {en}: {{subjects}}.",
                f"{{n}} {_ZELLEN} {{n:ist|sind}} nicht {de}: {{subjects}}.",
            ),
            "cannot say": Words(
                f"For {{n}} {_CELLS} it stays open whether they are {en}: {{subjects}}.",
                f"Bei {{n}} {_ZELLEN} bleibt offen, ob sie {de} sind: {{subjects}}.",
            ),
        }
    )


DIFFERS = register_rule(
    VerdictRule(
        key="journey.differs",
        question=Words(
            "Do the stages, the roles, or the shapes of the roles' profiles differ?",
            "Unterscheiden sich die Stufen, die Rollen oder die Form ihrer Profile?",
        ),
        decides=Words(
            "Supported where the corrected p of the joint test is at most the level ({test_level:convention}); not "
            "supported where the simultaneous intervals of all differences lie within the margin of the step.",
            "Gestützt, wenn der korrigierte p-Wert des gemeinsamen Tests das Niveau nicht überschreitet "
            "({test_level:convention}); nicht gestützt, wenn die simultanen Intervalle aller Unterschiede innerhalb "
            "der Spanne des Schritts liegen.",
        ),
        cannot_say=Words(
            "Cannot say otherwise, nor where a cell is empty. Statements differ from stage to stage, so that "
            "differences between stages hold differences between statements.",
            "Sonst nicht zu entscheiden, auch wenn eine Zelle leer ist. Aussagen sind von Stufe zu Stufe andere; "
            "Unterschiede zwischen Stufen enthalten Unterschiede zwischen Aussagen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: there are differences, corrected {p:p_phrase}.",
                    "{subject}: Es gibt Unterschiede, korrigiert {p:p_phrase}.",
                ),
                "not supported": Words(
                    "{subject}: no difference as large as {margin:number} points, corrected {p:p_phrase}.",
                    "{subject}: kein Unterschied von {margin:number} Punkten, korrigiert {p:p_phrase}.",
                ),
                "cannot say": Words(
                    "{subject}: whether there are differences stays open, corrected {p:p_phrase}.",
                    "{subject}: Ob es Unterschiede gibt, bleibt offen, korrigiert {p:p_phrase}.",
                ),
                "cannot say: unknown": Words(
                    "{subject}: this could not be tested.", "{subject}: Das war nicht zu prüfen."
                ),
            }
        ),
        source=_SOURCE,
        subject=("test",),
        conventions=("test_level",),
        family=Words(
            "Tests corrected after Holm, intervals after Bonferroni over the differences of a test",
            "Tests nach Holm, Intervalle nach Bonferroni über die Unterschiede eines Tests korrigiert",
        ),
        headline=True,
    )
)

LOOP = register_rule(
    VerdictRule(
        key="journey.loop",
        question=Words("Does the loop end where it begins?", "Endet die Schleife, wo sie beginnt?"),
        decides=Words(
            "Supported where the simultaneous interval of the last stage of the loop less its first lies within the "
            "margin of the step; not supported where it differs from zero with a corrected p at most the level "
            "({test_level:convention}).",
            "Gestützt, wenn das simultane Intervall der letzten Stufe der Schleife weniger der ersten innerhalb der "
            "Spanne des Schritts liegt; nicht gestützt, wenn die Differenz mit korrigiertem p höchstens auf dem Niveau "
            "({test_level:convention}) von null abweicht.",
        ),
        cannot_say=Words(
            "Cannot say otherwise. Different statements stand at its ends.",
            "Sonst nicht zu entscheiden. An den Enden stehen verschiedene Aussagen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "The loop ends where it begins: " + _WEAK + ".",
                    "Die Schleife endet, wo sie beginnt: " + _SCHWACH + ".",
                ),
                "not supported: lower": Words(
                    "The loop ends lower than it begins: " + _WEAK + ".",
                    "Die Schleife endet tiefer, als sie beginnt: " + _SCHWACH + ".",
                ),
                "not supported: higher": Words(
                    "The loop ends higher than it begins: " + _WEAK + ".",
                    "Die Schleife endet höher, als sie beginnt: " + _SCHWACH + ".",
                ),
                "cannot say": Words(
                    "Whether the loop ends where it begins stays open: " + _WEAK + ".",
                    "Ob die Schleife endet, wo sie beginnt, bleibt offen: " + _SCHWACH + ".",
                ),
            }
        ),
        number=(Words("end less beginning", "Ende weniger Anfang"), "deviation", "number"),
        source=_SOURCE,
        conventions=("test_level",),
        family=Words(
            "Corrected after Holm, interval after Bonferroni, over trend, curvature and loop",
            "Nach Holm, Intervall nach Bonferroni, über Trend, Krümmung und Schleife korrigiert",
        ),
        headline=True,
    )
)

WEAK = register_rule(
    VerdictRule(
        key="journey.weak",
        question=Words(
            "Is the dimension weaker at this stage than over all stages?",
            "Ist die Dimension auf dieser Stufe schwächer als über alle Stufen?",
        ),
        decides=Words(
            "Supported where it lies below its own mean over the stages by the margin of the step or more and differs "
            "from it, corrected p at most the level of the step; not supported where its simultaneous interval lies "
            "above the margin.",
            "Gestützt, wenn sie um die Spanne des Schritts oder mehr unter ihrem Mittel über die Stufen liegt und "
            "davon abweicht, korrigierter p-Wert höchstens auf dem Niveau des Schritts; nicht gestützt, wenn ihr "
            "simultanes Intervall über der Spanne liegt.",
        ),
        cannot_say=Words(
            "Cannot say otherwise. A hard statement makes a stage look weak.",
            "Sonst nicht zu entscheiden. Eine schwierige Aussage lässt eine Stufe schwach aussehen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: weak, " + _WEAK + ".", "{subject}: schwach, " + _SCHWACH + "."
                ),
                "not supported": Words(
                    "{subject}: not weaker by {margin:number} points, " + _WEAK + ".",
                    "{subject}: nicht um {margin:number} Punkte schwächer, " + _SCHWACH + ".",
                ),
                "cannot say": Words(
                    "{subject}: whether it is weak stays open, " + _WEAK + ".",
                    "{subject}: Ob sie schwach ist, bleibt offen, " + _SCHWACH + ".",
                ),
            }
        ),
        listed=_cells("weak", "schwach"),
        number=(Words("deviation in points", "Abweichung in Punkten"), "deviation", "number"),
        source=_SOURCE,
        subject=("stage", "construct"),
        joined=": ",
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over stages and dimensions",
            "Nach Holm, Intervalle nach Bonferroni, über Stufen und Dimensionen korrigiert",
        ),
        headline=True,
    )
)

DISPUTED = register_rule(
    VerdictRule(
        key="journey.disputed",
        question=Words(
            "Do two roles see the dimension differently at this stage?",
            "Sehen zwei Rollen die Dimension auf dieser Stufe verschieden?",
        ),
        decides=Words(
            "Supported where the means of two roles differ by the margin of the step or more and from zero, corrected "
            "p at most the level of the step; not supported where the simultaneous intervals of all pairs of roles lie "
            "within the margin.",
            "Gestützt, wenn die Mittel zweier Rollen um die Spanne des Schritts oder mehr und von null abweichen, "
            "korrigierter p-Wert höchstens auf dem Niveau des Schritts; nicht gestützt, wenn die simultanen Intervalle "
            "aller Rollenpaare innerhalb der Spanne liegen.",
        ),
        cannot_say=Words(
            "Cannot say otherwise. A gap of one statement may be its wording for a role.",
            "Sonst nicht zu entscheiden. Ein Abstand bei einer Aussage kann an ihrem Wortlaut für eine Rolle liegen.",
        ),
        says=MappingProxyType(
            {
                "supported": Words(
                    "{subject}: disputed, " + _GAP + ".", "{subject}: strittig, " + _ABSTAND + "."
                ),
                "not supported": Words(
                    "{subject}: no gap as large as {margin:number} points, the largest " + _GAP + ".",
                    "{subject}: kein Abstand von {margin:number} Punkten oder mehr, der größte "
                    + _ABSTAND
                    + ".",
                ),
                "cannot say": Words(
                    "{subject}: whether it is disputed stays open, " + _GAP + ".",
                    "{subject}: Ob sie strittig ist, bleibt offen, " + _ABSTAND + ".",
                ),
                "cannot say: unknown": Words(
                    "{subject}: no two roles rated it.", "{subject}: Keine zwei Rollen haben sie eingestuft."
                ),
            }
        ),
        listed=_cells("disputed", "strittig"),
        number=(Words("gap in points", "Abstand in Punkten"), "gap", "number"),
        source=_SOURCE,
        subject=("stage", "construct"),
        joined=": ",
        family=Words(
            "Corrected after Holm, intervals after Bonferroni, over stages, dimensions and pairs of roles",
            "Nach Holm, Intervalle nach Bonferroni, über Stufen, Dimensionen und Rollenpaare korrigiert",
        ),
        headline=True,
    )
)
