"""A study file, read and checked: data, scales, steps with their options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.documents import YamlDocument, problem_at, read_yaml, validate
from comply_measure.documents.confined import confined
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.evidence.choices import option_faults
from comply_measure.evidence.options import TopicOptions
from comply_measure.pipeline.fingerprint import digest_of_file
from comply_measure.pipeline.schema import FORMAT, StudyFile
from comply_measure.pipeline.step import Step
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

_NOT_SETTINGS = {"title", "description", "output", "steps", "options", "language", "cutoffs"}


@dataclass(frozen=True, eq=False)
class Study:
    """A checked study file.

    Parameters
    ----------
    path : Path
        The study file.
    sha256 : str
        Its digest.
    file : StudyFile
        Its content.
    steps : mapping of str to TopicOptions
        The steps to run, with their options; what they need is added when the study runs.
    others : mapping of str to TopicOptions
        Options of the other steps, for those that are needed or named on the command line.
    scales : tuple of Scale
        The instruments.
    left_out : mapping of str to str
        Steps that do not apply to this study, and why.
    """

    path: Path
    sha256: str
    file: StudyFile
    steps: Mapping[str, TopicOptions]
    others: Mapping[str, TopicOptions]
    scales: tuple[Scale, ...]
    left_out: Mapping[str, str]

    @property
    def name(self) -> str:
        """Name of the study: that of its file."""
        return self.path.stem

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """Conventions in force."""
        return Cutoffs(self.file.cutoffs)

    @property
    def settings(self) -> dict[str, Any]:
        """What evidence depends on, as plain values: all but titles, output folder, steps, language and cut-offs."""
        return self.file.model_dump(mode="json", exclude=_NOT_SETTINGS)

    @cached_property
    def inputs(self) -> Mapping[str, str]:
        """Input file -> SHA-256: data files, files that options name, and scales."""
        files = [*self._data_files(), *self._option_files()]
        found = {_shown(path, self.path.parent): digest_of_file(path) for path in files}
        return found | {f"scale {scale.key} ({scale.source})": scale.sha256 for scale in self.scales}

    def input_files(self) -> list[Path]:
        """All files the results rest on, those of scales included."""
        return [*self._data_files(), *self._option_files(), *self._scale_files()]

    def _scale_files(self) -> list[Path]:
        from comply_measure.instrument.load import scale_path
        from comply_measure.responses import describe_dataset

        if self.file.dataset is not None:
            return [scale_path(name) for name in describe_dataset(self.file.dataset).scales]
        return [_scale_path(self.path.parent, name) for name in self.file.scales]

    def _option_files(self) -> list[Path]:
        every = [*self.steps.values(), *self.others.values()]
        return [confined(self.path.parent, name) for options in every for name in options.files().values()]

    def _data_files(self) -> list[Path]:
        from comply_measure.responses import dataset_path, describe_dataset
        from comply_measure.responses.datasets import DESCRIPTION

        if self.file.dataset is not None:
            folder, description = dataset_path(self.file.dataset), describe_dataset(self.file.dataset)
            names = [DESCRIPTION, description.file, description.units_file]
            return [folder / name for name in names if name is not None]
        data = _data_of(self.file)
        names = [data.file, data.units_file]
        return [confined(self.path.parent, name) for name in names if name is not None]

    @cached_property
    def responses(self) -> Responses:
        """The validated answers; read once."""
        return self.read()

    def read(self) -> Responses:
        """The validated answers.

        Raises
        ------
        InputError
            Listing every problem of the data files.
        """
        from comply_measure.responses import Responses, load_dataset, read_responses

        if self.file.dataset is not None:
            found = load_dataset(
                self.file.dataset, attribute_set=self.file.attribute_set, form=self.file.form
            )
            if not isinstance(found, Responses):
                raise ComplyError(f"data set '{self.file.dataset}' holds no survey answers")
            return found
        data, folder = _data_of(self.file), self.path.parent
        return read_responses(
            confined(folder, data.file),
            self.scales,
            data.columns,
            attribute_set=self.file.attribute_set,
            form=self.file.form or "full",
            layout=data.layout,
            units_path=confined(folder, data.units_file) if data.units_file else None,
            file_format=data.format,
            units_format=data.units_format,
            informants=data.informants,
        )

    def output(self) -> Path:
        """Results folder the study file asks for, else ``results/<name>`` in the current folder."""
        if self.file.output is not None:
            return confined(self.path.parent, self.file.output)
        return Path("results") / self.name


def load_study(
    path: str | Path, registry: Mapping[str, Step], *, checked: bool = False, read: bool = False
) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path : path-like
        YAML file.
    registry : mapping of str to Step
        The steps there are.
    checked : bool
        What options name in the data was looked up before, by another process.
    read : bool
        Read the answers whatever options name, so that their problems are told with those of the file.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        Listing every fault of the file with line and key: unknown keys (with the nearest valid one), bad
        values, unknown steps, data sets, scales and attribute sets, absent files, paths that lead outside, and
        options that name a role, dimension or variable that is not in the study. The data are read for that only if a
        given option needs them; their own problems are then in the same list.
    """
    document = read_yaml(path)
    folder = Path(path).parent
    file, problems = _study_file(document)
    problems += _cutoff_problems(document, file)
    scales, unread = _scales(document, file, folder)
    unread += _source_problems(document) + _path_problems(document, file, folder)
    unread += _choice_problems(document, file, scales)
    problems += unread
    readable = not unread and (file.dataset or file.data) is not None
    steps, others, left_out, step_problems = _options(document, file, registry, scales)
    problems += step_problems + _option_file_problems(document, {**steps, **others}, folder)
    study = Study(Path(path), document.sha256, file, steps, others, scales, left_out)
    if not checked:
        problems += _naming_problems(study, document, registry, problems, readable=readable)
    if read and readable:
        problems += [problem for problem in _unreadable(study) if problem not in problems]
    if problems:
        ordered = sorted(problems, key=lambda problem: problem.row if isinstance(problem.row, int) else 0)
        raise InputError(f"{path} is not a valid study file", ordered)
    return study


def _unreadable(study: Study) -> list[Problem]:
    """Problems of the answers; none where they can be read."""
    try:
        study.responses  # noqa: B018 - read once and kept
    except InputError as error:
        return list(error.problems) or [Problem(error.headline)]
    except ComplyError as error:
        return [Problem(str(error))]
    return []


def _study_file(document: YamlDocument) -> tuple[StudyFile, list[Problem]]:
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


def _source_problems(document: YamlDocument) -> list[Problem]:
    named = {key for key in ("dataset", "data", "scales") if document.data.get(key)}
    if ("dataset" in named) == ("data" in named):
        return [problem_at(document, (), "a study names either a shipped dataset or its own data")]
    if named == {"dataset", "scales"}:
        return [
            problem_at(document, ("scales",), "a shipped dataset names its own scales: leave 'scales' out")
        ]
    if named == {"data"}:
        return [problem_at(document, ("data",), "a study with its own data names its scales")]
    return []


class _NotRead(Exception):  # noqa: N818 - control flow inside this module, never raised outside
    """The answers are not to be had."""


def _naming_problems(
    study: Study,
    document: YamlDocument,
    registry: Mapping[str, Step],
    others: list[Problem],
    *,
    readable: bool,
) -> list[Problem]:
    """What options name and the study does not have; with it, if there are such problems, those of the data."""
    refused: list[ComplyError] = []

    def load() -> Responses:
        if not readable or refused:
            raise _NotRead
        try:
            return study.responses
        except ComplyError as error:
            refused.append(error)
            raise _NotRead from None

    problems = []
    for name, options in {**study.steps, **study.others}.items():
        if not options.model_fields_set or not study.scales or registry[name].applies(study.scales):
            continue
        with suppress(_NotRead):
            for place, value, message, allowed in option_faults(options, study.scales, load):
                problems.append(problem_at(document, ("options", name, *place), message, value, allowed))
    for error in refused:
        if not (problems or others):
            raise error
        problems += error.problems if isinstance(error, InputError) else [Problem(str(error))]
    return problems


def _data_of(file: StudyFile) -> Any:
    if file.data is None:
        raise ComplyError("the study names no data")
    return file.data


def _shown(path: Path, folder: Path) -> str:
    root = folder.resolve()
    inside = path.resolve().is_relative_to(root)
    return path.resolve().relative_to(root).as_posix() if inside else f"{path.parent.name}/{path.name}"


def _options(
    document: YamlDocument, file: StudyFile, registry: Mapping[str, Step], scales: tuple[Scale, ...]
) -> tuple[dict[str, TopicOptions], dict[str, TopicOptions], dict[str, str], list[Problem]]:
    """The steps to run and the others, with options; why some do not apply; what is wrong."""
    given, problems = _given_options(document, file, registry)
    everything = {name: given.get(name) or step.options() for name, step in registry.items()}
    reasons = {
        name: reason
        for name, step in registry.items()
        if (reason := step.applies(scales) or step.asked(everything[name]))
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
        reasons = {}
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


def _cutoff_problems(document: YamlDocument, file: StudyFile) -> list[Problem]:
    problems = []
    for key in file.cutoffs:
        if key not in Cutoffs():
            at = ("cutoffs", key)
            problems.append(problem_at(document, at, unknown_message("cut-off", key, Cutoffs())))
    return problems


def _path_problems(document: YamlDocument, file: StudyFile, folder: Path) -> list[Problem]:
    named: list[tuple[tuple[str | int, ...], str | None, bool]] = [(("output",), file.output, False)]
    if file.data is not None:
        named += [
            (("data", "file"), file.data.file, True),
            (("data", "units_file"), file.data.units_file, True),
        ]
    return _file_problems(document, folder, named)


def _option_file_problems(
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


def _scales(document: YamlDocument, file: StudyFile, folder: Path) -> tuple[tuple[Scale, ...], list[Problem]]:
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
            found.append(load_scale(_scale_path(folder, name)))
        except InputError as error:
            problems.append(problem_at(document, ("scales", position), error.headline, name))
            problems += error.problems
        except ComplyError as error:
            problems.append(problem_at(document, ("scales", position), str(error), name))
    return tuple(found), problems


def _scale_path(folder: Path, name: str) -> Path:
    from comply_measure.instrument import list_scales
    from comply_measure.instrument.load import scale_path

    return scale_path(name) if name in list_scales() else _scale_file(folder, name)


def _scale_file(folder: Path, name: str) -> Path:
    from comply_measure.instrument import list_scales

    path = confined(folder, name)
    if not path.is_file():
        raise ComplyError(unknown_message("scale", name, list_scales()) + ", and there is no such file")
    return path


def _choice_problems(document: YamlDocument, file: StudyFile, scales: tuple[Scale, ...]) -> list[Problem]:
    """Attribute set, form and language must be known to a scale that has such a choice."""
    problems = []
    sets = dict.fromkeys(name for scale in scales for name in scale.attribute_sets)
    forms = dict.fromkeys(name for scale in scales for name in scale.forms)
    languages = dict.fromkeys(name for scale in scales for name in scale.languages)
    for key, value, known in (
        ("attribute_set", file.attribute_set, sets),
        ("form", file.form, forms),
        ("language", file.language, languages),
    ):
        if scales and value is not None and value not in known:
            message = unknown_message(key.replace("_", " "), value, known)
            problems.append(problem_at(document, (key,), message))
    return problems
