"""Options of a topic: what every schema of options has in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator
from pydantic.functional_validators import AfterValidator

from comply_measure.documents.validation import Speaking
from comply_measure.evidence.choices import Fault, Vocabulary


def _none_or(least: int) -> AfterValidator:
    def check(value: int) -> int:
        if 0 < value < least:
            raise ValueError(f"must be 0, for none, or at least {least}")
        return value

    return AfterValidator(check)


#: Resamples or simulated samples; fewer would give no interval or cut-off worth the name. 0: none are drawn.
Replications = Annotated[int, Field(ge=0, le=20_000), _none_or(100)]
#: The same where the functions below do with fewer.
FewReplications = Annotated[int, Field(ge=0, le=100_000), _none_or(50)]


class TopicOptions(Speaking):
    """Base of all option models: frozen, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _each_once(cls, value: Any) -> Any:
        """A list names each thing once."""
        if isinstance(value, tuple) and (twice := [v for v, n in Counter(value).items() if n > 1]):
            shown = twice[0] if isinstance(twice[0], str) else ", ".join(map(str, twice[0]))
            raise ValueError(f"named twice: {shown}")
        return value

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """What no mark of an option can say is wrong with the given options in a study."""
        return iter(())

    def files(self) -> Mapping[str, str]:
        """Option -> file it names, relative to the study file; such files are inputs of the study."""
        return {}
