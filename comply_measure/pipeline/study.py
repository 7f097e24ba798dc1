"""A study file, read and checked: data, scales, steps with their options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.documents import YamlDocument, problem_at, read_yaml
from comply_measure.documents.confined import confined
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.evidence.choices import option_faults
from comply_measure.evidence.options import TopicOptions
from comply_measure.pipeline.fingerprint import digest_of_file
from comply_measure.pipeline.replication.deviations import registration_problems
from comply_measure.pipeline.schema import StudyFile
from comply_measure.pipeline.step import Step
from comply_measure.pipeline.study_keys import (
    choice_problems,
    chosen_steps,
    cutoff_problems,
    named_scales,
    option_file_problems,
    path_of_scale,
    path_problems,
    shown_path,
    source_problems,
    study_file,
)
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

_NOT_SETTINGS = {
    "title",
    "description",
    "output",
    "steps",
    "options",
    "language",
    "variables",
    "cutoffs",
    "package",
    "registration",
}


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        """What the study is, in two lines."""
        scales = ", ".join(scale.key for scale in self.scales)
        return f"Study {self.name}: {self.file.title}\nscales {scales}; steps {', '.join(self.steps)}"

    @property
    def name(self) -> str:
        """Name of the study: that of its file."""
        return self.path.stem

    @property
    def codebook_language(self) -> str | None:
        """Language of the report where every scale has it; None leaves the codebook in that of the first scale."""
        spoken = self.file.language
        return spoken if all(spoken in scale.languages for scale in self.scales) else None

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
        found = {shown_path(path, self.path.parent): digest_of_file(path) for path in files}
        return found | {f"scale {scale.key} ({scale.source})": scale.sha256 for scale in self.scales}

    def input_files(self) -> list[Path]:
        """All files the results rest on, those of scales included."""
        return [*self._data_files(), *self._option_files(), *self._scale_files()]

    def _scale_files(self) -> list[Path]:
        from comply_measure.instrument.load import scale_path
        from comply_measure.responses import describe_dataset

        if self.file.dataset is not None:
            return [scale_path(name) for name in describe_dataset(self.file.dataset).scales]
        return [path_of_scale(self.path.parent, name) for name in self.file.scales]

    def _option_files(self) -> list[Path]:
        every = [*self.steps.values(), *self.others.values()]
        return [confined(self.path.parent, name) for options in every for name in options.files().values()]

    def _data_files(self) -> list[Path]:
        from comply_measure.responses import dataset_path, describe_dataset
        from comply_measure.responses.datasets import DESCRIPTION
        from comply_measure.responses.files.load import files_of

        if self.file.dataset is not None:
            folder, description = dataset_path(self.file.dataset), describe_dataset(self.file.dataset)
            names = [DESCRIPTION, description.file, description.units_file]
            return [folder / name for name in names if name is not None]
        data = _data_of(self.file)
        named = [
            confined(self.path.parent, name) for name in (data.file, data.units_file) if name is not None
        ]
        return [path for name in named for path in files_of(name)]

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
                self.file.dataset,
                attribute_set=self.file.attribute_set,
                form=self.file.form,
                informants=self.file.informants,
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
            informants=self.file.informants or data.informants,
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
    file, problems = study_file(document)
    problems += cutoff_problems(document, file)
    scales, unread = named_scales(document, file, folder)
    unread += source_problems(document) + path_problems(document, file, folder)
    unread += choice_problems(document, file, scales)
    problems += unread
    readable = not unread and (file.dataset is not None or (file.data is not None and bool(scales)))
    steps, others, left_out, step_problems = chosen_steps(document, file, registry, scales)
    problems += registration_problems(document, file.registration, registry)
    problems += step_problems + option_file_problems(document, {**steps, **others}, folder)
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
    if named := study.file.variables:
        with suppress(_NotRead):
            known = [str(name) for name in load().units.columns]
            problems += [
                problem_at(
                    document, ("variables", name), unknown_message("variable of the units", name, known)
                )
                for name in named
                if name not in known
            ]
    for error in refused:
        if not (problems or others):
            raise error
        problems += error.problems if isinstance(error, InputError) else [Problem(str(error))]
    return problems


def _data_of(file: StudyFile) -> Any:
    if file.data is None:
        raise ComplyError("the study names no data")
    return file.data
