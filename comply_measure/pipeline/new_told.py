"""What is said about a file of answers that a study begins with: what was found, and what to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from comply_measure.documents.commented import plain_line
from comply_measure.statistics.words import counted

if TYPE_CHECKING:
    from comply_measure.responses import AnswersSketch
    from comply_measure.responses.sketch.ranges import AnswerScale


def found_in(sketch: AnswersSketch, kinds: Sequence[AnswerScale]) -> list[str]:
    """Tool, rows, items, ranges of answers, and who answered."""
    places, n_items = sketch.places, sum(len(block.columns) for block in sketch.blocks)
    rows, items = counted(sketch.n_rows, "row", "rows"), counted(n_items, "item", "items")
    found = [f"{rows}, {items} in {_blocks(sketch.blocks)}"]
    if sketch.tool:
        found.insert(0, f"an export of {sketch.tool}")
    if sketch.opening.encoding:
        found.append(f"encoding {sketch.opening.encoding}: {sketch.opening.encoding_why}")
    found += [f"answers from {kind.minimum} to {kind.maximum} in {_blocks(kind.blocks)}" for kind in kinds]
    if places.repeated and places.unit:
        found.append(f"units in column {plain_line(places.unit.column)}: {places.unit.why}")
    else:
        found.append(
            "no column is known as an id that repeats: a study without units and roles, every informant for itself"
        )
    if places.role:
        found.append(
            f"roles in column {plain_line(places.role.column)}: {', '.join(dict.fromkeys(sketch.roles.values()))}"
        )
    if places.firm:
        found.append(f"firms in column {plain_line(places.firm.column)}")
    return [plain_line(line) for line in found]


def checks_of(sketch: AnswersSketch, kinds: Sequence[AnswerScale], missing: Mapping[str, str]) -> list[str]:
    """Guesses to check, the doubtful ones first."""
    checks = [
        f"{name} correlates {r:.2f} with the rest of its block: keying: -1 if the questionnaire reverses it"
        for name, r in sketch.reversed_items.items()
    ]
    checks += [
        f"answers of {block.stem or block.columns[0]} fit several answer scales; taken: "
        + ", ".join(f"{word} = {code}" for word, code in sorted(block.seen.words.items(), key=lambda w: w[1]))
        for block in sketch.blocks
        if block.doubtful
    ]
    if sketch.repeated is not None:
        checks.insert(
            0,
            f"the same items stand in columns for {', '.join(sketch.repeated.words)} and are taken for different "
            "items: if these are roles or occasions, a row has several answers (layout: wide, wide_pattern: "
            f"'{sketch.repeated.pattern}')",
        )
    checks += _rows_to_check(sketch)
    checks += [f"range of answers, {kind.why}" for kind in kinds]
    if missing:
        checks.append(f"missing codes: {', '.join(missing)}")
    if len(kinds) > 1:
        checks.append(f"{len(kinds)} ranges of answers, so {len(kinds)} scale files")
    if sketch.places.unit:
        checks.append(
            "unit, role and firm columns; constructs, which are blocks of like names; texts of items"
        )
    checks += [
        f"{', '.join(names)} hold words of no known answer scale and are no items: {'; '.join(words)}"
        for names, words in sketch.unread
    ]
    checks += [
        f"{', '.join(names)} hold whole numbers from 0 to 100 and are variables, no items: sliders need a scale of "
        "their own (response: {minimum: 0, maximum: 100})"
        for names in sketch.sliders
    ]
    checks += [
        f"{', '.join(names)} are the answers of one question, a column each: no items"
        for names in sketch.one_per_answer
    ]
    for why in dict.fromkeys(sketch.ignored.values()):
        names = [name for name, reason in sketch.ignored.items() if reason == why]
        checks.append(f"columns left out, {why}: {', '.join(names)}")
    return [plain_line(line) for line in checks]


def _rows_to_check(sketch: AnswersSketch) -> list[str]:
    """Rows that are left out, and rows that perhaps should be."""
    checks = [
        f"rows left out, {'of forms that ask no items' if name == sketch.other_forms else 'tests or rejected ones'}: "
        f"column {name} is {' or '.join(cell or 'blank' for cell in cells)}"
        for name, cells in sketch.leave_out.items()
    ]
    column, cells = sketch.occasions
    if cells:
        others = ", ".join(f'"{cell}"' for cell in cells[1:])
        checks.append(
            f"rows of {len(cells)} occasions ({', '.join(cells)}) count as informants of their own; leave_out: "
            f"{{{column}: [{others}]}} under data.columns keeps the first, if they are the same informants"
        )
    if sketch.only_tests:
        checks.append(
            "every row is marked as a test, preview or rejected one, so all are read: no results of answers"
        )
    column, cells, n = sketch.unfinished
    if n:
        told = f"{n} interviews are not finished" if n > 1 else "1 interview is not finished"
        rule = ", ".join(f'"{cell}"' for cell in cells)
        name = column if column.isidentifier() else f'"{column}"'
        checks.append(
            f"{told} (column {column}) and counted as they are; leave_out: {{{name}: [{rule}]}} under data.columns "
            "leaves them out"
        )
    if sketch.repeats:
        rows = ", ".join(map(str, sketch.repeats[:10])) + (", …" if len(sketch.repeats) > 10 else "")
        checks.append(
            f"rows {rows} repeat an earlier row in unit, role and every answer: take out what was sent twice"
        )
    return checks


def _blocks(blocks: Sequence[object]) -> str:
    return counted(len(blocks), "block", "blocks")
