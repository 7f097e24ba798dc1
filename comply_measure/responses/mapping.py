"""What the columns of a user's file mean, and how the file is written: two small schemas for study files."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from comply_measure.documents.validation import Speaking
from comply_measure.responses.vocabulary import MissingReason

Layout = Literal["long", "wide"]


def _text(value: Any) -> Any:
    """YAML reads bare keys such as ``1`` as numbers; columns, codes and roles are names here."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _renaming(value: Any) -> Any:
    """A list of columns that keep their names, or a map ``our name -> column``."""
    if isinstance(value, list | tuple):
        names = [_text(name) for name in value]
        if all(isinstance(name, str) for name in names):
            return {name: name for name in names}
    return value


def _listed(value: Any) -> Any:
    """One cell may be written without a list."""
    return value if isinstance(value, list | tuple) else (value,)


def _rows(value: Any) -> Any:
    """One header row may be written as a number."""
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


HeaderRow = Annotated[int, Field(ge=0, le=20)]
Text = Annotated[str, BeforeValidator(_text)]
Renaming = Annotated[dict[Text, Text], BeforeValidator(_renaming)]


class ColumnMapping(Speaking):
    """Which column of the file is what. Maps run from our name to the column of the file.

    Parameters
    ----------
    unit, role : str
        Columns that identify the unit (triad) and the informant's role. The wide layout has no role column.
    firm, informant : str or None
        Optional columns. A column that is named here must exist; the two default names are used if present.
        In the wide layout the informant columns are found by `wide_pattern` (``informant@sales``).
    items : dict
        Item id -> column, for items whose column is not simply the item id.
    roles : dict
        Value in the file -> role key (``{Vertrieb: sales}``). Role keys, their initials and their English and
        German labels are understood without it; case and surrounding blanks never matter.
    role_labels : dict
        Role key -> name in print (``{sales: Sales force}``), for scales that name no roles. Without one a role is
        printed as the file writes it, where its key is made of that word, and otherwise by its key.
    labels : dict
        Language -> label text -> answer code, for answers exported as text. The anchors of the scale are
        understood without it.
    missing : dict
        Code or text in the file -> why the answer is missing (``{-99: user_missing, 98: cannot_judge}``).
    units : list or dict
        Unit-level variables in the responses file (each must be constant within its unit). With a separate
        units file: its variables, all of them when empty.
    informants : list or dict
        Variables that describe the informant (language, tenure), kept beside the answers.
    as_text : tuple of str
        Unit- or informant-level variables kept as text: their value labels instead of their codes.
    ignore : tuple of str
        Columns that are not part of the study; ``*`` and ``?`` are wildcards.
    leave_out : dict
        Column -> cells whose rows are no answers of informants and are left out, with a note: test rows, rows that were
        rejected (``{Status: [Survey Preview]}``). Codes or their labels, in any case; ``""`` is a blank cell.
    not_asked : tuple of str
        Items that were not administered: item ids, construct keys or item kinds.
    inapplicable : {"problem", "ignore"}
        An answer to an item that is not meant for the informant's role is a problem, or is set aside
        and counted.
    wide_pattern : str
        Column names of the wide layout, with ``{item}`` and ``{role}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Text = "unit"
    firm: Text | None = "firm"
    role: Text = "role"
    informant: Text | None = "informant"
    items: dict[Text, Text] = Field(default_factory=dict)
    roles: dict[Text, Text] = Field(default_factory=dict)
    role_labels: dict[Text, Text] = Field(default_factory=dict)
    labels: dict[Text, dict[Text, int]] = Field(default_factory=dict)
    missing: dict[Text, MissingReason] = Field(default_factory=dict)
    units: Renaming = Field(default_factory=dict)
    informants: Renaming = Field(default_factory=dict)
    as_text: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    leave_out: dict[Text, Annotated[tuple[Text, ...], BeforeValidator(_listed)]] = Field(default_factory=dict)
    not_asked: tuple[Text, ...] = ()
    inapplicable: Literal["problem", "ignore"] = "problem"
    wide_pattern: str = "{item}@{role}"

    @field_validator("wide_pattern")
    @classmethod
    def _names_item_and_role(cls, pattern: str) -> str:
        fields = [field for _, field, _, _ in Formatter().parse(pattern) if field is not None]
        if sorted(fields) != ["item", "role"]:
            raise ValueError("the pattern must name {item} and {role} once each, as in '{item}@{role}'")
        return pattern

    def requires(self, field: Literal["firm", "informant"]) -> bool:
        """True if the user named this optional column, so that its absence is a fault."""
        return field in self.model_fields_set and getattr(self, field) is not None

    def wide_column(self, item: str, role: str) -> str:
        """Name of the wide column of one item (or id) and role."""
        return self.wide_pattern.format(item=item, role=role)


class FileFormat(Speaking):
    """How a file is written, where it cannot be seen from the file itself.

    Parameters
    ----------
    encoding : str or None
        Text encoding of a CSV or TSV file. None: the byte-order mark decides, otherwise UTF-8.
        For SPSS and Stata files, the encoding to read them with when the one they declare is wrong.
    delimiter : str or None
        One character. None: the one of ``, ; tab |`` that splits the header into most columns.
    decimal : {"auto", ".", ","}
        Decimal sign of numbers written as text. Auto: a comma only in files that are not comma-separated,
        and only if their numbers are written that way throughout.
    thousands : {"none", ".", ",", "space", "apostrophe"}
        Sign between groups of three digits. None: such numbers are problems, because 1.200 may be 1.2.
    sheet : str or None
        Worksheet of an Excel file, or group of a JSON file that repeats. None: the only worksheet that holds data; a
        row per interview.
    header_rows : tuple of int
        Rows that name the columns, counted from 0 without blank ones; the first of them names, the others tell apart
        columns of one name. The answers begin below the last. Qualtrics writes three: ``[0, 1, 2]``.
    neutralised : bool
        Whether texts that a spreadsheet would run have a ``'`` in front, as this package writes them; it is taken off.
    merged : {"problem", "fill"}
        Merged cells of an Excel file store one value for several cells. They are a problem, or every cell of
        the range takes the value (a unit written once for its informants).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal["auto", ".", ","] = "auto"
    thousands: Literal["none", ".", ",", "space", "apostrophe"] = "none"
    sheet: Text | None = None
    header_rows: Annotated[tuple[HeaderRow, ...], BeforeValidator(_rows)] = (0,)
    neutralised: bool = False
    merged: Literal["problem", "fill"] = "problem"

    @field_validator("delimiter")
    @classmethod
    def _delimits(cls, sign: str | None) -> str | None:
        if sign is not None and (sign.isalnum() or sign in "\"'\r\n.+-"):
            raise ValueError("a delimiter is a sign that stands in no number and no name, such as ; or a tab")
        return sign

    @field_validator("header_rows")
    @classmethod
    def _rows_differ(cls, rows: tuple[int, ...]) -> tuple[int, ...]:
        if not rows or len(set(rows)) < len(rows):
            raise ValueError("header_rows names each row once, such as [0, 1, 2]")
        return rows

    @model_validator(mode="after")
    def _signs_differ(self) -> FileFormat:
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        return self
