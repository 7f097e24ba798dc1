"""What a study file says, key by key: the parts that can be checked without its answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.documents import YamlDocument, problem_at, validate
from comply_measure.documents.confined import confined
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.evidence.options import TopicOptions
from comply_measure.pipeline.order import ordered
from comply_measure.pipeline.schema import FORMAT, StudyFile
from comply_measure.pipeline.step import Step
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses.faults import Faults
from comply_measure.responses.selection import named_forms, select_items
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.instrument import Item, Scale


def study_file(document: YamlDocument) -> tuple[StudyFile, list[Problem]]:
    """The file's keys; where some are wrong, the others, so that all faults are told at once.

    Raises
    ------
    InputError
        If it is no mapping of keys.
    """
    file, problems = validate(StudyFile, document)
    if file is None and isinstance(document.data, dict):
        rest = _without(document.data, problems, "") or {}
        file, _ = validate(StudyFile, document, {"format": FORMAT, "title": "untitled"} | rest)
    if file is None:
        raise InputError(f"{document.file} is not a valid study file", problems)
    return file, problems


def _without(given: Any, faults: list[Problem], prefix: str) -> dict[str, Any] | None:
    """The keys of a mapping that no fault is about; None if there is nothing to leave out."""
    if not isinstance(given, dict):
        return None
    about = [fault.column.removeprefix(prefix) for fault in faults if fault.column]
    rest = {
        key: value
        for key, value in given.items()
        if not any(place == key or place.startswith(f"{key}.") for place in about)
    }
    return rest if len(rest) < len(given) else None


def source_problems(document: YamlDocument) -> list[Problem]:
    """A study names a shipped data set, or data of its own and their scales."""
    named = {key for key in ("dataset", "data", "scales") if document.data.get(key)}
    if ("dataset" in named) == ("data" in named):
        return [problem_at(document, (), "a study names either a shipped dataset or its own data")]
    if named == {"dataset", "scales"}:
        return [
            problem_at(document, ("scales",), "a shipped dataset names its own scales: leave 'scales' out")
        ]
    rules = {rule for rule in (document.data.get("informants"), _own_rule(document)) if isinstance(rule, str)}
    if len(rules) > 1:
        return [
            problem_at(document, ("informants",), "the rule for several informants stands twice and differs")
        ]
    if named == {"data"}:
        return [problem_at(document, ("data",), "a study with its own data names its scales")]
    return []


def _own_rule(document: YamlDocument) -> object:
    data = document.data.get("data")
    return data.get("informants") if isinstance(data, dict) else None


def shown_path(path: Path, folder: Path) -> str:
    """A file's name for the manifest: relative to the folder where it lies inside."""
    root = folder.resolve()
    inside = path.resolve().is_relative_to(root)
    return path.resolve().relative_to(root).as_posix() if inside else f"{path.parent.name}/{path.name}"


IDLE = "its options have no effect, since it is not among the steps that run"


def forms_asked(file: StudyFile) -> tuple[str, ...]:
    """The forms of a study: those it names, else those of its data set, else the full one."""
    from comply_measure.responses import describe_dataset

    form = file.form
    if form is None and file.dataset is not None:
        try:
            form = describe_dataset(file.dataset).form
        except (ComplyError, OSError):  # told where the data are read
            form = None
    return named_forms(form or "full")


def items_asked(file: StudyFile, scales: tuple[Scale, ...]) -> tuple[tuple[Scale, Item], ...]:
    """Items that a study's answers hold: those of its forms and attribute set, less what was not asked.

    What the study file leaves open is as its data set says.
    """
    from comply_measure.responses import describe_dataset

    described = None if file.dataset is None else describe_dataset(file.dataset)
    attribute_set = file.attribute_set or (described.attribute_set if described is not None else None)
    if described is not None:
        left_out = described.mapping.not_asked
    else:
        left_out = file.data.columns.not_asked if file.data is not None else ()
    form = "+".join(forms_asked(file))
    return select_items(scales, attribute_set, form, left_out, Faults("the study")).items


def chosen_steps(
    document: YamlDocument, file: StudyFile, registry: Mapping[str, Step], scales: tuple[Scale, ...]
) -> tuple[dict[str, TopicOptions], dict[str, TopicOptions], dict[str, str], list[Problem]]:
    """The steps to run and the others, with options; why some do not apply; what is wrong."""
    given, problems = _given_options(document, file, registry)
    everything = {name: given.get(name) or step.options() for name, step in registry.items()}
    reasons = {
        name: reason
        for name, step in registry.items()
        if (
            reason := step.applies(scales)
            or step.topic.form(scales, forms_asked(file))
            or step.asked(everything[name], scales)
        )
    }
    if file.steps is not None and not file.steps:
        problems.append(
            problem_at(
                document,
                ("steps",),
                "no step is named",
                allowed="at least one, or no key 'steps': all that apply",
            )
        )
    if file.steps is None:
        chosen = [name for name in registry if name not in reasons]
    else:
        chosen = [name for name in file.steps if name in registry]
        for position, name in enumerate(file.steps):
            at = ("steps", position)
            if name not in registry:
                problems.append(problem_at(document, at, unknown_message("step", name, registry)))
            elif scales and name in reasons:
                problems.append(problem_at(document, at, f"the step does not apply: {reasons[name]}", name))
        twice = [(place, name) for place, name in enumerate(file.steps) if name in file.steps[:place]]
        problems += [
            problem_at(document, ("steps", at), "the step is named twice", name) for at, name in twice
        ]
        running = ordered(chosen, registry)
        reasons = {name: IDLE for name in given if name not in running}
    steps = {name: everything.pop(name) for name in dict.fromkeys(chosen)}
    return steps, everything, reasons, problems


def _given_options(
    document: YamlDocument, file: StudyFile, registry: Mapping[str, Step]
) -> tuple[dict[str, TopicOptions], list[Problem]]:
    found: dict[str, TopicOptions] = {}
    problems: list[Problem] = []
    for name, options in file.options.items():
        at = ("options", name)
        if name not in registry:
            problems.append(problem_at(document, at, unknown_message("step", name, registry)))
            continue
        schema = registry[name].options
        given = {} if options is None else options
        checked, faults = validate(schema, document, given, at)
        if faults and (rest := _without(given, faults, f"options.{name}.")):
            # What is right is looked at further, so that all faults are told at once.
            checked, more = validate(schema, document, rest, at)
            faults += more
        problems += faults
        if checked is not None:
            found[name] = checked
    return found, problems


def cutoff_problems(document: YamlDocument, file: StudyFile) -> list[Problem]:
    """Cut-offs that do not exist, or cannot have such a value."""
    problems, known = [], Cutoffs()
    for key, value in file.cutoffs.items():
        at = ("cutoffs", key)
        if key not in known:
            problems.append(problem_at(document, at, unknown_message("cut-off", key, known)))
        elif not known[key].takes(value):
            said = "out of range for this cut-off"
            problems.append(problem_at(document, at, said, value, known[key].allowed))
    return problems


def path_problems(document: YamlDocument, file: StudyFile, folder: Path) -> list[Problem]:
    """Files of data and the output must lie in the study's folder; data must exist."""
    named: list[tuple[tuple[str | int, ...], str | None, bool]] = [(("output",), file.output, False)]
    if file.data is not None:
        named += [
            (("data", "file"), file.data.file, True),
            (("data", "units_file"), file.data.units_file, True),
        ]
    return _file_problems(document, folder, named)


def option_file_problems(
    document: YamlDocument, options: Mapping[str, TopicOptions], folder: Path
) -> list[Problem]:
    """Files that options name must lie in the study's folder and exist."""
    named: list[tuple[tuple[str | int, ...], str | None, bool]] = [
        (("options", step, key), name, True)
        for step, chosen in options.items()
        for key, name in chosen.files().items()
    ]
    return _file_problems(document, folder, named)


def _file_problems(
    document: YamlDocument, folder: Path, named: list[tuple[tuple[str | int, ...], str | None, bool]]
) -> list[Problem]:
    problems = []
    for key, name, must_exist in named:
        if name is None:
            continue
        try:
            path = confined(folder, name)
        except ComplyError as error:
            problems.append(problem_at(document, key, str(error), name))
            continue
        if must_exist and not path.is_file():
            problems.append(problem_at(document, key, "there is no such file", name))
    return problems


def named_scales(
    document: YamlDocument, file: StudyFile, folder: Path
) -> tuple[tuple[Scale, ...], list[Problem]]:
    """The scales of a study and what is wrong with them."""
    from comply_measure.instrument import load_scale
    from comply_measure.responses import describe_dataset, list_datasets

    if file.dataset is not None:
        if file.dataset not in list_datasets():
            message = unknown_message("data set", file.dataset, list_datasets())
            return (), [problem_at(document, ("dataset",), message)]
        return tuple(load_scale(name) for name in describe_dataset(file.dataset).scales), []
    found: list[Scale] = []
    problems: list[Problem] = []
    for position, name in enumerate(file.scales):
        try:
            found.append(load_scale(path_of_scale(folder, name)))
        except InputError as error:
            problems.append(problem_at(document, ("scales", position), error.headline, name))
            problems += error.problems
        except ComplyError as error:
            problems.append(problem_at(document, ("scales", position), str(error), name))
    return tuple(found), problems


def path_of_scale(folder: Path, name: str) -> Path:
    """The file of a shipped scale or of one in the folder."""
    from comply_measure.instrument import list_scales
    from comply_measure.instrument.load import scale_path

    return scale_path(name) if name in list_scales() else _scale_file(folder, name)


def _scale_file(folder: Path, name: str) -> Path:
    from comply_measure.instrument import list_scales

    path = confined(folder, name)
    if not path.is_file():
        raise ComplyError(unknown_message("scale", name, list_scales()) + ", and there is no such file")
    return path


def choice_problems(document: YamlDocument, file: StudyFile, scales: tuple[Scale, ...]) -> list[Problem]:
    """Attribute set, form and language must be known to a scale that has such a choice."""
    problems = []
    sets = dict.fromkeys(name for scale in scales for name in scale.attribute_sets)
    forms = dict.fromkeys(name for scale in scales for name in scale.forms)
    languages = dict.fromkeys(name for scale in scales for name in scale.languages)
    chosen_forms = [("form", name, forms) for name in named_forms(file.form)] if file.form is not None else []
    for key, value, known in (
        ("attribute_set", file.attribute_set, sets),
        *chosen_forms,
        ("language", file.language, languages),
    ):
        if scales and value is not None and value not in known:
            message = unknown_message(key.replace("_", " "), value, known)
            problems.append(problem_at(document, (key,), message))
    return problems
