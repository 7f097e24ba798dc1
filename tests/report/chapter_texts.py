"""Every chapter as text, from stored evidence: ``python tests/report/chapter_texts.py [--evidence] [STEP ...]``.

The command writes ``tests/report/texts``, what the tests compare with: after a change of wording, heading or format,
run it and read the difference. Folders in it hold the new lines of the forms in ``bare_evidence.py``. With
``--evidence`` it computes the evidence of the shipped study anew, too (under two minutes): that is due when a class of
evidence has other fields. Evidence is stored with eight digits, as input that is the same on every machine, not as a
result to compare with. Steps that are named are done alone, with what they need or use.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from bare_evidence import FORMS, UNCHANGED, bare, find_unchanged

from comply_measure.errors import ComplyError
from comply_measure.evidence.codec import decode, encode
from comply_measure.pipeline import STEPS, Store, Study, load_study, run_study
from comply_measure.pipeline.step import Found, StepOutput
from comply_measure.report.canvas import retell
from comply_measure.report.labels import Labels
from comply_measure.report.latex import render_latex
from comply_measure.report.parts import (
    Block,
    Bullets,
    Conclusions,
    Details,
    Figure,
    Heading,
    Notice,
    Prose,
    Reference,
)
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.statistics.latex import escape

HERE = Path(__file__).parent
DEMO = HERE.parents[1] / "analyses" / "demo.yaml"
#: Steps that the demo has no data for, and the study they are taken from.
OTHERS = {name: DEMO.with_name(f"{name}.yaml") for name in ("journey", "pairs")}
_DIGITS = 8
_POINTS = 24


@cache
def study(step: str = "") -> Study:
    """The shipped study, or that of a step it has no data for."""
    return load_study(OTHERS.get(step, DEMO), STEPS)


def stored(step: str) -> Found:
    """Stored evidence of a step."""
    data = json.loads(lzma.decompress((HERE / "evidence" / f"{step}.json.xz").read_bytes()))
    try:
        return Found(decode(data["evidence"]), tuple(data["warnings"]))
    except ComplyError as error:
        raise ComplyError(
            f"{error}: python tests/report/chapter_texts.py --evidence stores it anew"
        ) from error


def chapter_text(step: str, found: Found) -> str:
    """A printed chapter, figures and tables included, as plain text."""
    with drawings_described():
        labels = Labels.of(study(step).scales, "en")
        return output_text(STEPS[step].print(found, labels, study(step).cutoffs))


def output_text(output: StepOutput) -> str:
    """Everything that is printed of an output, line by line."""
    lines = [f"{output.section.key}: {output.section.title}"]
    lines += [f"headline: {text}" for text in output.headline]
    lines += [f"problem: {text}" for text in output.problems]
    for block in output.section.blocks:
        lines += ["", *_block(block)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Details):
        yield f"▸ {block.summary}"
        for inner in block.blocks:
            yield ""
            yield from _block(inner)
        yield "◂"
    elif isinstance(block, TableSpec):
        yield from _table(block)
    elif isinstance(block, Figure):
        yield f"figure {block.key}: {block.title} (at least {block.min_width} px)"
        yield f"  alt: {block.alt}"
        yield from (f"  note: {text}" for text in block.notes)
        yield from (f"  {line}" for line in block.svg.decode().splitlines())
    elif isinstance(block, Conclusions):
        for item in block.items:
            yield f"{item.answer}: {item.sentence}"
            yield f"  rule: {item.rule} {item.calibration}"
    elif isinstance(block, Bullets):
        yield from (f"• {text}" for text in block.items)
    elif isinstance(block, Reference):
        yield f"see {block.table}: {block.title} {' '.join(block.notes)}"
    elif isinstance(block, Notice):
        yield f"{block.kind}: {block.text}"
    else:
        assert isinstance(block, Heading | Prose)
        yield f"# {block.text}" if isinstance(block, Heading) else block.text


def _table(table: TableSpec) -> Iterator[str]:
    yield f"table {table.key}: {table.title}"
    yield from (f"  warning: {text}" for text in table.warnings)
    printed = table.printed
    yield "  " + " | ".join(f"_{cell.text}_" if cell.italic else cell.text for cell in printed.heads)
    for row in printed.rows:
        if row.group is not None:
            yield f"  [{row.group}]"
        yield "  " + " | ".join(cell.text for cell in row.cells)
    yield f"  note: {printed.note}"
    yield f"  data: {', '.join(map(str, table.data.columns))}; {len(table.data)} rows"
    assert render_latex(table)
    yield f"  latex: {' & '.join(cell.latex or escape(cell.text) for cell in printed.heads)} {chr(92) * 2}"


@contextmanager
def drawings_described(draw: Callable[..., Figure] | None = None) -> Iterator[None]:
    """Figures are painted, but instead of pictures they hold what was painted, in words (or what `draw` gives)."""
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("comply_measure.report.") and hasattr(module, "draw")
    ]
    before = {module: module.draw for module in modules}
    for module in modules:
        module.draw = draw or _described
    try:
        yield
    finally:
        for module, draw in before.items():
            module.draw = draw


def _described(
    key: str,
    title: str,
    paint: Any,
    *,
    size: tuple[float, float],
    alt: str,
    notes: tuple[str, ...] = (),
    min_width: int = 0,
    layout: str | None = "constrained",
    language: str = "en",
) -> Figure:
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=size, layout=layout)  # type: ignore[arg-type]
    paint(drawing)
    retell(drawing, translator(language))
    lines = [f"drawing of {size[0]:.4g} × {size[1]:.4g} inches"]
    lines += [
        f"legend in {box._ncols}: {', '.join(text.get_text() for text in box.get_texts())}"
        for box in drawing.legends
    ]
    for axes in drawing.axes:
        lines += _axes(axes)
    return Figure(key, title, "\n".join(lines).encode(), b"", alt, notes, min_width)


def _axes(axes: Any) -> Iterator[str]:
    titles = [axes.get_title(loc=place) for place in ("left", "center", "right")]
    names = [axes.get_xlabel(), axes.get_ylabel()]
    yield f"axes {' '.join(filter(None, titles))!r} {names} {_numbers(axes.get_xlim())} {_numbers(axes.get_ylim())}"
    for side in (axes.xaxis, axes.yaxis):
        ticks = [text.get_text() for text in side.get_ticklabels()]
        if any(ticks):
            yield f"  ticks: {ticks} at {_numbers(side.get_ticklocs())}"
    for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.texts):
        yield f"  {_artist(artist)}"


def _artist(artist: Any) -> str:
    kind = type(artist).__name__
    if hasattr(artist, "levels"):
        return f"contours {_numbers(artist.levels)}"
    if hasattr(artist, "get_text"):
        place, text = _numbers(artist.get_position()), artist.get_text()
        return f"text {text!r} at {place} {artist.get_color()} {_set(artist)}"
    if hasattr(artist, "get_xydata"):
        look = (
            f"{artist.get_marker()} {artist.get_linestyle()} {artist.get_color()} {artist.get_linewidth():g}"
        )
        return f"line {look} {_numbers(np.ravel(artist.get_xydata()))}"
    if hasattr(artist, "get_segments"):
        return f"lines {_numbers([value for line in artist.get_segments() for value in np.ravel(line)])}"
    if hasattr(artist, "get_extents"):
        look = f"{_numbers(artist.get_facecolor())} {_numbers(artist.get_edgecolor())} {artist.get_linewidth():g}"
        return f"{kind} {_numbers(np.ravel(artist.get_path().vertices[:4]))} {_numbers(_transform(artist))} {look}"
    values = artist.get_array()
    return f"{kind} {_numbers(np.ma.filled(np.ma.ravel(values), np.nan)) if values is not None else ''}"


def _set(text: Any) -> str:
    return f"{text.get_fontsize():g} {text.get_weight()} {text.get_ha()} {text.get_va()}"


def _transform(patch: Any) -> Any:
    return np.ravel(patch.get_patch_transform().get_matrix()[:2])


def _numbers(values: Any) -> str:
    if isinstance(values, str):
        return values
    every = [float(value) for value in np.ravel(np.asarray(values, dtype=float))]
    more = f" … {len(every)}" if len(every) > _POINTS else ""
    return "(" + " ".join(f"{value + 0.0:.3g}" for value in every[:_POINTS]) + more + ")"


def _rounded(value: Any) -> Any:
    """Plain JSON with numbers of few digits."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return {key: _rounded(part) for key, part in value.items()} if isinstance(value, dict) else value


def write_evidence(steps: tuple[str, ...]) -> None:
    """Compute the evidence of the shipped study and store it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        used = [other for step in steps for other in STEPS[step].uses]
        (HERE / "evidence").mkdir(exist_ok=True)
        own = {step: run_study(study(step), STEPS, store, wanted=(step,)) for step in steps if step in OTHERS}
        rest = [name for name in (*steps, *used) if name not in OTHERS]
        run = run_study(study(), STEPS, store, wanted=tuple(rest)) if rest else None
        for step in steps:
            outcome = (own.get(step) or run).outcomes[step]
            found = store.load_evidence(step, outcome.key)
            assert found is not None, (step, outcome.reason)
            document = {"evidence": _rounded(encode(found.evidence)), "warnings": list(found.warnings)}
            text = json.dumps(document, separators=(",", ":"), allow_nan=False)
            (HERE / "evidence" / f"{step}.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))


def write_unchanged(steps: tuple[str, ...]) -> None:
    """Find what the other forms of the evidence leave as it is."""
    known = json.loads(UNCHANGED.read_text(encoding="utf-8")) if UNCHANGED.exists() else {}
    found: dict[str, dict[str, list[str]]] = {}
    for form in FORMS:
        own = found.setdefault(form, {})
        for step in STEPS:
            left = known.get(form, {}).get(step, [])
            if step in steps:
                left = find_unchanged(
                    form, stored(step), partial(_undrawn, step), partial(chapter_text, step)
                )
            if left:
                own[step] = left
    UNCHANGED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")


def _undrawn(step: str, found: Found) -> None:
    def draw(key: str, title: str, paint: Any, *, alt: str, **_: Any) -> Figure:
        return Figure(key, title, b"", b"", alt)

    with drawings_described(draw):
        output_text(STEPS[step].print(found, Labels.of(study(step).scales, "en"), study(step).cutoffs))


def form_text(form: str, step: str) -> str:
    """What a chapter prints of a form of its stored evidence: the lines it does not print of the evidence itself."""
    found = stored(step)
    usual = set((HERE / "texts" / f"{step}.txt").read_text(encoding="utf-8").splitlines())
    lines = chapter_text(step, bare(form, step, found)).splitlines()
    new = [line for line in lines if line and line not in usual]
    blocks = sum(not line for line in lines)
    return "\n".join([f"{blocks} blocks in {len(lines)} lines, {len(new)} of them new", *new]) + "\n"


def write_texts(steps: tuple[str, ...]) -> None:
    """Write what the tests compare with."""
    (HERE / "texts").mkdir(exist_ok=True)
    for step in steps:
        _write(HERE / "texts" / f"{step}.txt", chapter_text(step, stored(step)))
    for form in FORMS:
        (HERE / "texts" / form).mkdir(exist_ok=True)
        for step in steps:
            _write(HERE / "texts" / form / f"{step}.txt", form_text(form, step))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write the texts, and what they are printed from if that is asked."""
    steps = tuple(name for name in sys.argv[1:] if not name.startswith("--")) or tuple(STEPS)
    if "--evidence" in sys.argv[1:]:
        write_evidence(steps)
        write_unchanged(steps)
    write_texts(steps)


if __name__ == "__main__":
    main()
