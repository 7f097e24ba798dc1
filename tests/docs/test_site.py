"""The documentation site builds without a warning, documents every public name and asks nothing of other hosts."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
mkdocs = pytest.importorskip("mkdocs.commands.build", reason="the group 'docs' is not installed")
pytest.importorskip("mkdocstrings", reason="the group 'docs' is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mkdocs.config import load_config

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("COMPLY_GALLERY_STEPS", "sample gaps")
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        place = tmp_path_factory.mktemp("site")
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(place), strict=True)
        mkdocs.build(config)  # strict: a broken link, anchor or reference raises
    return place


def inventory(site: Path) -> set[str]:
    """Names that have an entry (Sphinx's inventory format)."""
    content = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return {line.split(" ")[0] for line in zlib.decompress(content).decode("utf-8").splitlines()}


def test_every_public_name_has_an_entry(site: Path) -> None:
    from comply_measure.doors import public_names

    known, missing, n = inventory(site), [], 0
    for stub in sorted((ROOT / "comply_measure").rglob("__init__.pyi")):
        package = ".".join(stub.parent.relative_to(ROOT).parts)
        if package in {"comply_measure", "comply_measure.documents"}:
            continue
        for name, module in public_names(stub.read_text(encoding="utf-8"), package).items():
            n += 1
            if module != f"{package}.{name}" and f"{module}.{name}" not in known:
                missing.append(f"{package}.{name}")
    assert n > 400
    assert missing == []
    assert {"comply_measure.errors.InputError", "comply_measure.results.Result"} <= known


def test_cross_references_of_docstrings_are_links(site: Path) -> None:
    text = (site / "api" / "measurement.html").read_text(encoding="utf-8")
    assert ":func:`" not in text
    assert ":class:`" not in text
    assert re.search(r'<a[^>]+href="#comply_measure\.[\w.]+"[^>]*><code>', text)


def test_no_dash_stands_before_an_empty_description(site: Path) -> None:
    text = (site / "api" / "sem.html").read_text(encoding="utf-8")
    assert not re.search(r"–\s*<div[^>]*>\s*</div>", text)
    assert re.search(r'–\s*<div class="doc-md-description">\s*<p>Model in lavaan', text)


def test_pages_need_no_other_host(site: Path) -> None:
    loaded = re.compile(
        r'<(?:script|img|iframe|source)\b[^>]+src="(?:https?:)?//|<link[^>]+rel="(?:stylesheet|preconnect)"[^>]+href="(?:https?:)?//'
    )
    found = {path.name for path in site.rglob("*.html") if loaded.search(path.read_text(encoding="utf-8"))}
    assert found == set()
    styles = [path.name for path in site.rglob("*.css") if "url(http" in path.read_text(encoding="utf-8")]
    assert styles == []


def test_the_gallery_is_of_this_run(site: Path) -> None:
    text = (site / "gallery.html").read_text(encoding="utf-8")
    assert text.count("<h2") == 2
    assert (site / "gallery" / "gaps_heat_map.svg").stat().st_size > 10_000
    assert "<table" in text


def test_the_search_knows_pages_and_names(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for word in ("Coming from lavaan", "cronbach_alpha", "Monte Carlo"):
        assert word in index
