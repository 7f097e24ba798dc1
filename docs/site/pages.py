"""Pages that the build writes itself: the public names of every room, the gallery, the changelog.

A hook of MkDocs (``mkdocs.yml``). Names come from the stubs of the rooms, pictures from a run of the shipped study.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from comply_measure.doors import public_names
from comply_measure.pipeline import Run, run_study
from comply_measure.report.html import render_fragment

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "comply_measure"
STUDY = ROOT / "analyses" / "demo.yaml"
#: Rooms without a stub: what their file imports or defines is public.
PLAIN = ("framework", "errors", "results", "doors")
_NOTHING_SAID = re.compile(r'\s*–\s*<div class="doc-md-description">\s*</div>')
#: A table with more rows than this is no picture of its kind.
MOST_ROWS = 12


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name, content in written(config):
        files.append(File.generated(config, name, content=content))
    return files


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """No dash before a description that is not there: a parameter's name may say what it is."""
    return _NOTHING_SAID.sub("", output) if page.url.startswith("api/") else output


def written(config: MkDocsConfig) -> Iterator[tuple[str, str | bytes]]:
    """Name and content of every generated file."""
    for room, names in rooms().items():
        yield f"api/{room}.md", api_page(room, names)
    yield "changelog.md", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    steps = str(config.extra.get("gallery_steps") or "").split()
    run = run_study(STUDY, out=ROOT / "build" / "gallery", wanted=steps or None, jobs=os.cpu_count() or 1)
    if not run.ok:
        raise PluginError("\n".join(run.lines))
    yield "gallery.md", gallery_page(run)
    yield from ((f"gallery/{key}.svg", figure.svg) for key, figure in run.figures.items())


def rooms() -> dict[str, dict[str, str]]:
    """Room → public name → module that defines it; rooms inside a room count to it, under their dotted names."""
    found: dict[str, dict[str, str]] = {"comply_measure": {}}
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        dotted = ".".join(stub.parent.relative_to(ROOT).parts)
        room, *inner = dotted.split(".")[1:] or ["comply_measure"]
        if room == "documents":
            continue
        prefix = "".join(f"{part}." for part in inner)
        names = public_names(stub.read_text(encoding="utf-8"), dotted)
        defined = {prefix + name: module for name, module in names.items() if module != f"{dotted}.{name}"}
        found.setdefault(room, {}).update(defined)
    for room in PLAIN:
        found[room] = dict(_plain_names(room))
    return found


def _plain_names(room: str) -> Iterator[tuple[str, str]]:
    folder = PACKAGE / room
    path = folder / "__init__.py" if folder.is_dir() else PACKAGE / f"{room}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and folder.is_dir() and node.module != "__future__":
            yield from ((alias.name, str(node.module)) for alias in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, f"comply_measure.{room}"


def addresses() -> dict[str, str]:
    """Every dotted spelling of a public name → the one under which it is documented."""
    found = {}
    for room, names in rooms().items():
        package = "comply_measure" if room == "comply_measure" else f"comply_measure.{room}"
        for name, module in names.items():
            home = f"{module}.{name.rpartition('.')[2]}"
            found[home] = found[f"{package}.{name}"] = home
    return {name: _resolved(home, found) for name, home in found.items()}


def _resolved(name: str, homes: dict[str, str]) -> str:
    """The end of the chain of rooms that pass a name on."""
    while (home := homes.get(name, name)) != name:
        name = home
    return name


def api_page(room: str, names: dict[str, str]) -> str:
    """The page of one room: its docstring, then each name with signature, shapes and sources."""
    if room == "comply_measure":
        known = addresses()
        listed = "\n".join(f"- [`{name}`][{known[f'{room}.{name}']}]" for name in names)
        return f"# comply_measure\n\nWhat `import comply_measure` offers beside the rooms.\n\n{listed}\n"
    folder = PACKAGE / room
    path = folder / "__init__.py" if folder.is_dir() else PACKAGE / f"{room}.py"
    about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    entries = (
        f'::: {module}.{name.rpartition(".")[2]}\n    options:\n      heading: "{name}"\n'
        for name, module in names.items()
    )
    return "\n".join((f"# comply_measure.{room}\n", plain(about), "", *entries))


def gallery_page(run: Run) -> str:
    """Every figure of the shipped study and a short table of each chapter."""
    lines = [
        "# Gallery",
        "",
        "Made when these pages were built, by `comply-measure run analyses/demo.yaml`, from simulated data. "
        "The same run writes every figure as SVG and PNG, every table as CSV, LaTeX and Word.",
    ]
    for name, output in run.outputs.items():
        lines += ["", f"## {output.section.title}", "", f"Step `{name}`."]
        for key, figure in output.figures.items():
            lines += ["", f"![{_attribute(figure.alt)}](gallery/{key}.svg)", "", f"*{figure.title}.*"]
        short = (table for table in output.tables.values() if 1 < len(table.data) <= MOST_ROWS)
        if table := next(short, None):
            # one line, so that Markdown leaves the table alone
            lines += ["", re.sub(r"\s*\n\s*", " ", render_fragment(table))]
    return "\n".join(lines) + "\n"


def _attribute(text: str) -> str:
    return re.sub(r"[\[\]\n]", " ", text)


_ROLE = re.compile(r":(?:func|class|mod|meth|data|attr):`(~?)([\w.]+)`")


def plain(text: str, known: dict[str, str] | None = None) -> str:
    """Cross-references of docstrings as links to the pages of public names, else as code."""

    def link(found: re.Match[str]) -> str:
        shown = found[2].rpartition(".")[2] if found[1] else found[2]
        home = (known or {}).get(found[2])
        return f"[`{shown}`][{home}]" if home else f"`{shown}`"

    return _ROLE.sub(link, re.sub(r"::$", ":", text, flags=re.MULTILINE))
