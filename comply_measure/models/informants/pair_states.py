"""Pairs of roles rated by everyone: what members of a pair agree on, apart from what one rater gives all answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from comply_measure.errors import ComplyError
from comply_measure.models.informants.wide import wide_term
from comply_measure.sem.language.quoting import quoted


def pair_state(name: str) -> str:
    """Name of the state of a pair, or of the whole, in the model."""
    return f"{name}.state"


def pair_states_model(
    pairs: Mapping[str, Sequence[str]],
    roles: Sequence[str],
    triad: str | None = None,
    raters: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Model text of states of pairs on ratings of pairs by roles, a row per unit.

    With :math:`P_{qr}` the rating of pair q by role r and :math:`T_r` the role's score of the triad,

    ``P_qr = ν_qr + λ_qr S_q + e_qr``,  ``T_r = ν_r + S_T + e_r``,

    λ is 1 for the two members of a pair and free for who looks at it from outside. The states S correlate freely.
    Errors of one rater correlate over everything that the rater judges (what he or she gives all answers), those of
    different raters do not. Source: uniquenesses that correlate within a method, here the rater (Marsh & Grayson,
    1995), of states that the members of a pair share (Kenny & La Voie, 1985).

    Parameters
    ----------
    pairs : mapping of str to sequence of str
        Pair -> the two roles it consists of; at least two pairs.
    roles : sequence of str
        Who rates; at least three, members of the pairs among them.
    triad : str, optional
        Variable of the triad as every role scores it; left out by default.
    raters : mapping of str to sequence of str, optional
        Pair -> roles that rate it, its members among them; all roles by default.

    Returns
    -------
    str
        Columns are ``pair.role`` and ``triad.role`` (``wide_frame``), states ``pair.state`` and ``triad.state``.

    Raises
    ------
    ComplyError
        For fewer than two pairs or three roles, a pair that is not two of the roles, raters that are not roles or leave
        a member out, and names that are used twice.
    """
    rated = _checked(pairs, roles, triad, raters)
    lines = []
    for pair, by in rated.items():
        members = [role for role in by if pair == triad or role in pairs[pair]]
        terms = [f"1*{wide_term(pair, role)}" for role in members]
        terms += [wide_term(pair, role) for role in by if role not in members]
        lines.append(f"{quoted(pair_state(pair))} =~ {' + '.join(terms)}")
    for role in roles:
        mine = [wide_term(name, role) for name, by in rated.items() if role in by]
        lines += [f"{one} ~~ {two}" for one, two in combinations(mine, 2)]
    return "\n".join(lines)


def _checked(
    pairs: Mapping[str, Sequence[str]],
    roles: Sequence[str],
    triad: str | None,
    raters: Mapping[str, Sequence[str]] | None,
) -> dict[str, tuple[str, ...]]:
    """What is rated -> roles that rate it, the triad last."""
    if len(set(roles)) != len(roles) or len(roles) < 3:
        raise ComplyError(f"at least 3 different roles are needed; given: {', '.join(roles)}")
    if len(pairs) < 2:
        raise ComplyError(f"at least 2 pairs are needed; given: {', '.join(pairs) or 'none'}")
    if triad is not None and triad in pairs:
        raise ComplyError(f"the triad and a pair have the same name '{triad}'")
    found = {}
    for pair, members in pairs.items():
        by = tuple(roles if raters is None else raters.get(pair, ()))
        if len(set(members)) != 2 or len(members) != 2 or not set(members) <= set(roles):
            raise ComplyError(f"pair '{pair}' is not two of the roles {', '.join(roles)}")
        if not set(members) <= set(by) <= set(roles) or len(set(by)) != len(by):
            raise ComplyError(
                f"pair '{pair}' is rated by roles, its members {' and '.join(members)} among them; "
                f"given: {', '.join(by) or 'none'}"
            )
        found[pair] = by
    return found if triad is None else found | {triad: tuple(roles)}
