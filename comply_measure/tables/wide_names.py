r"""Names of wide columns, one per variable and role, from which both can be read again.

``a1.sales`` and ``a1@sales`` are what plain names give. A separator within a role, and a backslash anywhere, is
preceded by a backslash, so that the last separator without one always stands between variable and role:
``wide_name("x", "s@west", "@")`` is ``x@s\@west``, and no two pairs share a name.
"""

from __future__ import annotations

PRESENT = "present"  # names the columns of who was there, where somebody answered nothing


def wide_name(variable: str, role: str, separator: str) -> str:
    """Name of a variable as one role answers it.

    Parameters
    ----------
    variable, role : str
        Any text.
    separator : str
        At least one character, no backslash.
    """
    escaped = "".join(f"\\{letter}" if letter in ("\\", *separator) else letter for letter in role)
    doubled = variable.replace("\\", "\\\\")
    return f"{doubled}{separator}{escaped}"


def split_wide_name(name: str, separator: str) -> tuple[str, str] | None:
    """Variable and role of a wide name; None for a name that is none.

    Parameters
    ----------
    name, separator : str
        As :func:`wide_name` joined them.
    """
    place, at = -1, 0
    while at < len(name):
        if name.startswith(separator, at):
            place = at
        at += 2 if name[at] == "\\" else 1
    if place < 0:
        return None
    return _plain(name[:place]), _plain(name[place + len(separator) :])


def _plain(text: str) -> str:
    """Without the backslashes that protect the next character."""
    out, at = [], 0
    while at < len(text):
        at += text[at] == "\\" and at + 1 < len(text)
        out.append(text[at])
        at += 1
    return "".join(out)
