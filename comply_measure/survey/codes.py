"""Pseudonymous codes that link the informants of a unit: signs of the unit, a check sign, a number for the role."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from comply_measure.errors import ComplyError

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.survey.plan import SurveyPlan

#: Digits and capitals without I, L, O, U and Z, so that what is read aloud or copied by hand is not mistaken: 31 signs,
#: a prime, on which the check sign rests.
SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXY"
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def plain_code(text: str) -> str:
    """A code as it is compared: capitals, without blanks and dots, with O, I and L as the digits they look like."""
    return "".join(sign for sign in text.upper() if not sign.isspace() and sign != ".").translate(_MEANT)


def check_sign(code: str) -> str:
    """The sign that tells a mistyped code: the values of the signs, weighted by their places, modulo 31.

    31 is a prime above the number of places, so every single wrong sign and every swap of neighbours changes it.
    """
    value = sum((place + 1) * SIGNS.index(sign) for place, sign in enumerate(code)) % 31
    return SIGNS[value]


def code_pattern(symbols: int, role: int) -> str:
    """Regular expression of the codes of one role, counted from 0; small letters are allowed."""
    return f"^[0-9A-Za-z]{{{symbols + 1}}}-{role + 1}$"


def split_code(text: str, symbols: int) -> tuple[str, int] | None:
    """Code of the unit with its check sign, and place of the role; None if the text is no code or mistyped."""
    unit, _, number = plain_code(text).partition("-")
    right = (
        len(unit) == symbols + 1
        and set(unit) <= set(SIGNS)
        and number.isdigit()
        and int(number) > 0
        and check_sign(unit[:-1]) == unit[-1]
    )
    return (unit, int(number) - 1) if right else None


def linking_codes(
    plan: SurveyPlan, units: Sequence[str], key: str, firms: Sequence[str] | None = None
) -> pd.DataFrame:
    """Codes of every unit and role, for invitations.

    The code of a unit is a keyed hash (HMAC-SHA-256) of its name: without the key nobody can tell the unit from the
    code, and the same key gives the same codes again. Keep the table and the key apart from the answers.

    Parameters
    ----------
    plan : SurveyPlan
        A plan with ``codes``.
    units : sequence of str
        Names of the units, each once.
    key : str
        Secret of at least 8 signs.
    firms : sequence of str, optional
        Firm of each unit.

    Returns
    -------
    pandas.DataFrame
        ``unit`` (name), ``firm`` if given, ``role``, ``unit_code``, ``firm_code`` if firms are given, ``code``, and
        ``planned_form`` for plans with a three-form design: the forms go round over units, so that each is given
        equally often, and all informants of a unit get the same.

    Raises
    ------
    ComplyError
        If the plan has no codes, the key is short, or units are named twice or collide.
    """
    import pandas as pd

    if not plan.code_symbols:
        raise ComplyError("the plan has no linking codes: state codes")
    if len(key) < 8:
        raise ComplyError("the key has fewer than 8 signs; allowed: a secret that cannot be guessed")
    names = [str(unit) for unit in units]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ComplyError(f"units are named twice: {', '.join(twice[:5])}")
    if firms is not None and len(firms) != len(names):
        raise ComplyError(f"{len(firms)} firms for {len(names)} units")
    found = {name: _keyed(name, key, plan.code_symbols) for name in names}
    of_firms = {str(firm): _keyed(f"firm: {firm}", key, plan.code_symbols) for firm in firms or ()}
    for what, made in (("units", found), ("firms", of_firms)):
        if len(set(made.values())) < len(made):
            raise ComplyError(
                f"two {what} have the same code; state more symbols under codes, or take another key"
            )
    forms = [form for role, form in plan.sheets if role == plan.roles[0]]
    rows = []
    for place, name in enumerate(names):
        for number, role in enumerate(plan.roles, 1):
            row = {"unit": name}
            if firms is not None:
                row["firm"] = str(firms[place])
            row |= {"role": role, "unit_code": found[name]}
            if firms is not None:
                row["firm_code"] = of_firms[str(firms[place])]
            row["code"] = f"{found[name]}-{number}"
            if plan.blocks:
                row["planned_form"] = forms[place % len(forms)]
            rows.append(row)
    return pd.DataFrame(rows)


def _keyed(name: str, key: str, symbols: int) -> str:
    digest = hmac.new(key.encode(), name.encode(), hashlib.sha256).digest()
    value = int.from_bytes(digest, "big")
    signs = ""
    for _ in range(symbols):
        value, rest = divmod(value, len(SIGNS))
        signs += SIGNS[rest]
    return signs + check_sign(signs)
