"""Words shared by the room: why an answer is missing, and the names of the id columns."""

from __future__ import annotations

from typing import Final, Literal, get_args

MissingReason = Literal["not_answered", "cannot_judge", "not_applicable", "user_missing", "does_not_apply"]

#: What is done with several informants of one role in one unit.
InformantRule = Literal["average", "first", "all"]
#: What an analysis takes: persons, the views of roles, or both.
InformantUse = Literal["each", "role", "both"]

#: Categories of ``Responses.missing_reason``; the empty string marks an answer. The position is the code.
REASONS: Final[tuple[str, ...]] = ("", *get_args(MissingReason))
ANSWERED, NOT_ANSWERED, CANNOT_JUDGE, NOT_APPLICABLE, USER_MISSING, DOES_NOT_APPLY = range(6)

ID_COLUMNS: Final[tuple[str, ...]] = ("unit", "firm", "role", "informant")
