"""From the outputs of a run to one report."""

from __future__ import annotations

from dataclasses import replace

from comply_measure import __version__
from comply_measure.pipeline.conclusions import conclusion_section
from comply_measure.pipeline.fingerprint import library_versions
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.study_keys import items_asked
from comply_measure.report.appendix import with_appendix
from comply_measure.report.first_page import first_page
from comply_measure.report.format import listing, plural
from comply_measure.report.glossary import glossary
from comply_measure.report.parts import FirstPage, Notice, Report, Section
from comply_measure.report.references.citations import cited
from comply_measure.report.translation.parts import section_in
from comply_measure.report.translation.translator import translator
from comply_measure.report.verdicts import policy


def build_report(run: Run) -> Report:
    """The report of a run: a section per step, failed and skipped ones included.

    It holds no times, so that the same study gives the same report.
    """
    chapters = tuple(
        _section(outcome, run.steps[name].title, run.study.file.language)
        for name, outcome in run.outcomes.items()
    )
    language = run.study.file.language
    say = translator(language)
    main, appendix = with_appendix(chapters)
    symbols = glossary(chapters)
    backing = [run_conclusions(run), None if symbols is None else section_in(language, symbols)]
    headlines = tuple(text for output in run.outputs.values() for text in output.headline)
    failed = tuple(
        say(f"Step '{name}' has no result: {outcome.reason}.")
        for name, outcome in run.outcomes.items()
        if not outcome.ok
    )
    report = Report(
        title=run.study.file.title,
        subtitle=run.study.file.description,
        summary=(*failed, *headlines),
        sections=(*main, *appendix, *(section for section in backing if section is not None)),
        facts=tuple((say(name), say(value)) for name, value in _facts(run)),
        language=language,
        first_page=_first_page(run),
        n_main=len(main),
    )
    return replace(report, references=cited(report))


def _first_page(run: Run) -> FirstPage | None:
    say = translator(run.study.file.language)
    remarks = {
        name: outcome.output.problems
        if outcome.output is not None
        else (say(f"No result: {outcome.reason}."),)
        for name, outcome in run.outcomes.items()
    }
    return first_page(
        {name: output.verdicts for name, output in run.outputs.items()},
        run.study.cutoffs,
        measured=_measured(run),
        remarks=remarks,
        language=run.study.file.language,
    )


def _measured(run: Run) -> tuple[str, ...]:
    """What was measured, by the scales as they are analysed, and on whom, by the chapter on the sample."""
    language = run.study.file.language
    instruments = []
    asked = items_asked(run.study.file, run.study.scales)
    for scale in run.study.scales:
        items = [item for owner, item in asked if owner.key == scale.key and item.kind == "content"]
        instruments.append(
            f"{scale.title.get(language, scale.title[scale.languages[0]])} ({plural(len(items), 'item')})"
        )
    sample = run.outputs.get("sample")
    measured = translator(language)(f"Measured: {listing(instruments)}.")
    return (measured, *(sample.headline if sample is not None else ()))


def analysis_paragraphs(run: Run) -> tuple[str, ...]:
    """What a paper says on many tests, conventions and software."""
    libraries = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    say = translator(run.study.file.language)
    return (
        policy(run.study.file.language),
        f"{say('Conventions')}: {'; '.join(say(cutoff.describe()) for cutoff in run.study.cutoffs.values())}.",
        say(
            f"Analyses were run with comply-measure {__version__} ({libraries}); random numbers start from "
            f"seed {run.study.file.seed}."
        ),
    )


def run_conclusions(run: Run) -> Section | None:
    """The section of all conclusions."""
    stated = {name: output.verdicts for name, output in run.outputs.items()}
    found = conclusion_section(stated, run.study.file.language)
    return None if found is None else section_in(run.study.file.language, found)


def _section(outcome: Outcome, title: str, language: str) -> Section:
    if outcome.output is None:
        failed = outcome.status == "failed"
        text = f"This step {'failed' if failed else 'was left out'}: {outcome.reason}"
        lacking = Section(outcome.step, title, (Notice(text, "error" if failed else "warning"),))
        return section_in(language, lacking)
    notices = tuple(Notice(text, "warning") for text in outcome.output.problems)
    section = outcome.output.section
    return Section(outcome.step, section.title, (*notices, *section.blocks))


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    file, say = run.study.file, translator(run.study.file.language)
    libraries = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    facts = [
        ("Software", f"comply-measure {__version__}; {libraries}"),
        ("Study file", f"{run.study.path.name} (SHA-256 {run.study.sha256[:16]}…)"),
        ("Seed", str(file.seed)),
        ("Steps", ", ".join(run.steps)),
        *((f"Step left out: {name}", reason) for name, reason in run.study.left_out.items()),
        *((f"Input {name}", f"SHA-256 {digest[:16]}…") for name, digest in run.study.inputs.items()),
        ("Cut-offs", "; ".join(say(cutoff.describe()) for cutoff in run.study.cutoffs.values())),
        (
            "Numbers",
            "Rounded here only; results.json and the tables folder hold full precision. "
            "manifest.json lists versions, digests and times.",
        ),
    ]
    return tuple(facts)
