"""Views of a single result: its tidy table as HTML, LaTeX and Word, and as a chart.

Results offer them as methods (:class:`comply_measure.results.Result`). Columns that the dictionary of quantities knows
have its headings and formats; the others keep their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.report.charts import dot_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import Format, is_undefined
from comply_measure.report.html import render_fragment
from comply_measure.report.labels import Labels
from comply_measure.report.latex import render_latex
from comply_measure.report.names import shortened
from comply_measure.report.parts import Conclusions, Figure, Report, Section
from comply_measure.report.quantities.dictionary import QUANTITIES
from comply_measure.report.tables import Column, TableSpec, of
from comply_measure.report.verdicts import conclusions, state
from comply_measure.report.word import render_word

if TYPE_CHECKING:
    import pandas as pd

#: Rows that a notebook shows, and rows of a chart.
MOST_ROWS = 60
#: Letters of a row of a chart: longer ones (definitions of parameters) would leave no room to draw in.
LONGEST_LABEL = 60
#: Columns in broom's terms.
_BROOM: Mapping[str, tuple[str, Format]] = {
    "term": ("Term", "text"),
    "estimate": ("Estimate", "number3"),
    "std.error": ("SE", "number3"),
    "statistic": ("z", "number"),
    "p.value": ("p", "p"),
    "conf.low": ("CI, lower", "number3"),
    "conf.high": ("CI, upper", "number3"),
    "std.all": ("Standardised", "number3"),
}
#: Main numbers of tables, the first that is there; else the first column of fractions.
_MAIN = (
    "estimate",
    "est",
    "mean",
    "mean_gap",
    "difference",
    "value",
    "correlation",
    "loading",
    "alpha",
    "omega",
)
_LESSER = (
    "std.error",
    "statistic",
    "p.value",
    "conf.low",
    "conf.high",
    "se",
    "z",
    "t",
    "p",
    "pvalue",
    "df",
    "level",
)
_BOUNDS = ("_lower", "_upper", ".low", ".high")


class Tidy(Protocol):
    """A result with its main table."""

    def tidy(self) -> pd.DataFrame:
        """The table."""
        ...


def table(result: Tidy) -> TableSpec:
    """The tidy table of a result, with what a reader must know before trusting it."""
    import pandas as pd

    data = result.tidy()
    if not isinstance(data.index, pd.RangeIndex):
        data = data.reset_index()
    data = data.set_axis([str(name) for name in data.columns], axis=1)
    n = getattr(result, "n", None)
    notes = [f"{n} cases." if isinstance(n, int) else "", *_notes(result, data)]
    return TableSpec(
        "result",
        _title(result),
        data,
        tuple(_column(data, name) for name in data.columns if not _is_empty(data, name)),
        notes=tuple(note for note in dict.fromkeys(notes) if note),
        n_units=_count(result, "n_units"),
        n_informants=_count(result, "n_informants"),
        estimator=_words(getattr(result, "estimator", "")),
        warnings=tuple(_problems(result)),
    )


def html(result: Tidy) -> str:
    """The table as a piece of HTML: the first rows of a long one, all texts escaped."""
    whole = table(result)
    shown = replace(whole, data=whole.data.head(MOST_ROWS))
    if len(whole.data) > MOST_ROWS:
        first = f"The first {MOST_ROWS} of {len(whole.data)} rows; tidy() has all."
        shown = replace(shown, notes=(*shown.notes, first))
    return render_fragment(shown, _concluded(result))


def latex(result: Tidy) -> str:
    """The whole table as the text of a LaTeX file."""
    return render_latex(table(result))


def word(result: Tidy, path: str | Path) -> Path:
    """Write the whole table as a Word document."""
    shown, target = table(result), Path(path)
    if target.suffix.casefold() != ".docx":
        raise ComplyError(f"'{target.name}' is no name of a Word document: it must end in .docx")
    report = Report(shown.title, (Section("result", shown.title, (shown,)),))
    target.write_bytes(render_word(report, {shown.key: 1}))
    return target


def figure(result: Tidy) -> Figure:
    """The main numbers of the table with their intervals, a row each; the first rows of a long one.

    Raises
    ------
    ComplyError
        If the table has no rows or no numbers.
    """
    shown = table(result)
    drawn = _drawn(shown.data)
    data = drawn.head(MOST_ROWS)
    name = _main(data)
    lower, upper = _interval(data, name)
    labels = (" · ".join(parts) or str(place + 1) for place, parts in enumerate(_labels(data)))
    rows = [shortened(label, LONGEST_LABEL) for label in labels]
    notes = shown.warnings
    if len(drawn) > MOST_ROWS:
        notes = (*notes, f"The first {MOST_ROWS} of {len(drawn)} rows.")
    heading = _column(data, name).label
    return dot_plot(
        "result_plot",
        shown.title,
        rows,
        {heading: (_floats(data, name), lower, upper)},
        axis_label=heading,
        alt=f"{shown.title}: {heading} of {len(rows)} rows, with intervals where there are some.",
        notes=notes,
    )


def _concluded(result: Tidy) -> Conclusions | None:
    """What evidence concludes by the default conventions, under its own keys."""
    if not isinstance(result, Evidence):
        return None
    cutoffs = Cutoffs()
    found = result.verdicts({key: cutoff.value for key, cutoff in cutoffs.items()})
    return conclusions([state(verdict, Labels({}, {}, {}, {}), cutoffs) for verdict in found])


def _drawn(data: pd.DataFrame) -> pd.DataFrame:
    """Of parameters the loadings, paths and what is defined by them, where there are some."""
    if "term" not in data:
        return data
    chosen = data[data["op"].isin(["=~", "<~", "~", ":="])]
    return chosen.reset_index(drop=True) if len(chosen) else data


def _is_empty(data: pd.DataFrame, name: str) -> bool:
    """Whether a column of texts says nothing; the kind of a parameter stands in its term."""
    if "term" in data and name == "op":
        return True
    return len(data) > 0 and all(isinstance(value, str) and not value for value in data[name])


def _title(result: object) -> str:
    """What the class calls itself in the first line of its documentation."""
    first = (type(result).__doc__ or type(result).__name__).strip().splitlines()[0]
    return first.split(":")[0].rstrip(".")


def _count(result: object, name: str) -> int | None:
    value = getattr(result, name, None)
    return int(value) if isinstance(value, int) else None


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _problems(result: object) -> Iterator[str]:
    """Serious problems of a fit, problems of evidence."""
    found = getattr(result, "problems", ())
    for problem in found() if callable(found) else found:
        if getattr(problem, "serious", True):
            yield str(problem)


def _notes(result: object, data: pd.DataFrame) -> Iterator[str]:
    """Notes of a result and reasons of what is undefined, as far as they are no column of the table."""
    for source in (result, *([data.attrs] if data.attrs else [])):
        for name in ("notes", "note"):
            found = source.get(name) if isinstance(source, dict) else getattr(source, name, None)
            yield from [found] if isinstance(found, str) else map(str, _texts(found))
    if isinstance(undefined := data.attrs.get("undefined"), str) and undefined:
        yield f"Undefined numbers: {undefined}."
    reasons = getattr(result, "reasons", None)
    if callable(reasons) and isinstance(told := reasons(), Mapping):
        yield from (f"{name} is undefined: {reason}." for name, reason in told.items())


def _texts(found: object) -> Iterable[object]:
    return found if isinstance(found, tuple | list) else ()


def _column(data: pd.DataFrame, name: str) -> Column:
    """The column as the dictionary has it, or under its own name by the kind of its values."""
    if name in _BROOM and (_BROOM[name][1] == "text" or _shape(data, name) != "text"):
        heading, shape = _BROOM[name]
        return Column(heading, name, shape)
    entry = QUANTITIES.get(name)
    if entry is not None and len(made := of(entry.key, name).sources) == 1 and name in made:
        known = of(entry.key, name)
        # A result may use a name of the dictionary for something else: texts are no numbers.
        if known.format == "text" or _shape(data, name) != "text":
            return known
    return Column(name, name, _shape(data, name))


def _shape(data: pd.DataFrame, name: str) -> Format:
    import pandas as pd

    values = data[name]
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return "text"
    if pd.api.types.is_integer_dtype(values):
        return "count"
    return "p" if name in ("p", "pvalue") or name.startswith("p_") else "number3"


def _main(data: pd.DataFrame) -> str:
    """The column that a chart shows."""
    import pandas as pd

    numeric = [
        name
        for name in data.columns
        if pd.api.types.is_numeric_dtype(data[name]) and not pd.api.types.is_bool_dtype(data[name])
    ]
    fractions = [name for name in numeric if pd.api.types.is_float_dtype(data[name])]
    plain = [name for name in fractions if name not in _LESSER and not name.endswith(_BOUNDS)]
    plain = [name for name in plain if name not in ("lower", "upper")]
    for name in (*(name for name in _MAIN if name in numeric), *plain, *fractions, *numeric):
        if data[name].notna().any():
            return name
    raise ComplyError("there is nothing to draw: the table has no rows or no numbers")


def _interval(data: pd.DataFrame, name: str) -> tuple[Any, Any]:
    """Bounds of the chart's column; NaN where the table has none."""
    import numpy as np

    pairs = (("conf.low", "conf.high"), (f"{name}_lower", f"{name}_upper"), ("ci_lower", "ci_upper"),
             ("lower", "upper"))  # fmt: skip
    for low, high in pairs:
        if low in data and high in data:
            return _floats(data, low), _floats(data, high)
    nothing = np.full(len(data), np.nan)
    return nothing, nothing


def _floats(data: pd.DataFrame, name: str) -> Any:
    """Numbers of a column; what is infinite has no place on a chart."""
    import numpy as np

    values = data[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _labels(data: pd.DataFrame) -> list[list[str]]:
    """What tells the rows apart: the columns of texts that differ, without remarks."""
    import pandas as pd

    if "term" in data:
        named = ["term", *(name for name in ("group", "level") if name in data)]
    else:
        named = [name for name in data.columns if not pd.api.types.is_numeric_dtype(data[name])]
        named = [name for name in named if name not in ("note", "notes", "reason", "remark", "op")]
        told = [name for name in named if len(set(data[name].astype(str))) > 1]
        named = (told or named)[:3]
    columns = [data[name].tolist() for name in named]
    return [
        [str(part) for part in parts if not (part is None or part == "" or is_undefined(part))]
        for parts in zip(*columns, strict=True)
    ] or [[] for _ in range(len(data))]
