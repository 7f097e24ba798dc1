"""References: the catalogue, citations in texts, the list in HTML and Word, BibTeX."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from comply_measure.documents import read_yaml_text
from comply_measure.errors import InputError
from comply_measure.evidence import registered_rules
from comply_measure.report import Bullets, Conclusion, Conclusions, Details, Figure, Notice, Prose, cited
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.html import number_blocks, render_html
from comply_measure.report.parts import Report, Section
from comply_measure.report.quantities.dictionary import QUANTITIES
from comply_measure.report.references.catalogue import catalogue, read_catalogue
from comply_measure.report.references.citations import Citation, citations, works_of
from comply_measure.report.references.styles import apa, doi_address, render_bibtex
from comply_measure.report.references.work import Person, Work
from comply_measure.report.tables import TableSpec
from comply_measure.report.word import render_word

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "comply_measure"
# A bare year, not a part of a number, a date, a path or an option.
YEAR = re.compile(r"(?<![\w.,/:=-])(?:1[89]|20)\d\d(?![\w-]|[.,]\d)")


@cache
def literals() -> tuple[tuple[str, str], ...]:
    """Texts with years in the code of the package; docstrings and the words of the framework's studies aside."""
    return tuple(_literals())


def _literals() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in ("framework", "_shipped"):
            continue
        source = path.read_text(encoding="utf-8")
        if not YEAR.search(source):
            continue
        tree = ast.parse(source)
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in alone:
                continue
            if "https://doi.org/" not in node.value:  # a whole reference is no citation
                yield path.name, node.value


def printed() -> Iterator[tuple[str, str]]:
    """Texts that reports print: chapters of the shipped study, rules, the dictionary, conventions."""
    for path in sorted((ROOT / "tests" / "report" / "texts").rglob("*.txt")):
        yield from ((path.stem, line) for line in path.read_text(encoding="utf-8").splitlines())
    for rule in registered_rules().values():
        yield rule.key, rule.source
        for words in (
            rule.question,
            rule.decides,
            rule.cannot_say,
            *rule.says.values(),
            *rule.listed.values(),
        ):
            yield from ((rule.key, words.en), (rule.key, words.de))
    for entry in QUANTITIES.values():
        yield from ((entry.key, entry.source), (entry.key, entry.meaning))
    yield from ((key, cutoff.describe()) for key, cutoff in Cutoffs().items())


def unresolved(text: str) -> list[str]:
    """Years that are in no citation of a work of the catalogue."""
    known = [range(found.start, found.end) for found in citations(text)]
    years = [year.start() for year in YEAR.finditer(text)]
    return [text[max(0, at - 30) : at + 5] for at in years if not any(at in span for span in known)]


def house_style(citation: Citation) -> str:
    """How the package spells it: ``and`` before a year in parentheses, ``&`` inside them."""
    work, own = citation.work, "'s" if "'s" in citation.text else ""
    if "(" in citation.text:
        return f"{' and '.join(work.called)}{own} ({work.year})"
    return f"{' & '.join(work.called)}{own}, {work.year}"


def test_every_citation_of_the_package_has_its_entry() -> None:
    left = {(place, found) for place, text in (*literals(), *printed()) for found in unresolved(text)}
    assert left == set()
    assert unresolved("as Nobody (2001) and Holm (1979) say") == ["as Nobody (2001)"]
    assert unresolved("Holm (1979, 1980)") == ["Holm (1979, 1980)"]


def test_every_citation_has_the_spelling_of_the_house() -> None:
    found = [(place, one) for place, text in (*literals(), *printed()) for one in citations(text)]
    assert len(found) > 500
    assert [(place, one.text) for place, one in found if one.text != house_style(one)] == []


def test_no_entry_is_idle() -> None:
    assert set(catalogue()) == {work.key for work in works_of(text for _, text in literals())}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Hu and Bentler (1999) and (Hu & Bentler, 1999)", ["hu1999", "hu1999"]),
        ("Hu &amp; Bentler, 1999", ["hu1999"]),
        ("Barnard and Rubin's (1999) degrees, Barnard and Rubin&#39;s (1999)", ["barnard1999"] * 2),
        ("James, Demaree, & Wolf, 1984; James, Demaree and Wolf (1984); James et al. 1984", ["james1984"] * 3),
        ("Hu und Bentler (1999)", ["hu1999"]),
        ("Kenny & La Voie, 1985; Kenny et al., 2006; Kenny & Ledermann, 2010", ["kenny1985", "kenny2006", "kenny2010"]),
        ("Braeken & van Assen, 2017; Lorenzo-Seva & ten Berge, 2006", ["braeken2017", "lorenzo-seva2006"]),
        ("Satorra (2000), Satorra and Bentler (2001)", ["satorra2000", "satorra2001"]),
        ("Cudeck and Browne (1983); Browne and Cudeck (1993)", ["cudeck1983", "browne1993"]),
        ("Brown (1910); Brown & Hauenstein, 2005", ["brown1910", "brown2005"]),
        ("Rönkkö & Cho, 2022: moderate problem", ["ronkko2022"]),
        ("Bentler (1999), Hu and Bentler (1998), McHolm (1979), Holm (19790), Holm 1979-80", []),
    ],
)  # fmt: skip
def test_citations_are_found_in_every_spelling(text: str, keys: list[str]) -> None:
    found = list(citations(text))
    assert [one.work.key for one in found] == keys
    assert all(text[one.start : one.end] == one.text for one in found)


def test_a_citation_in_parentheses_leaves_them_alone() -> None:
    assert [one.text for one in citations("(see Hu & Bentler, 1999)")] == ["Hu & Bentler, 1999"]
    assert [one.text for one in citations("Hu and Bentler (1999, p. 3).")] == ["Hu and Bentler (1999"]


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("hu1999", "Hu, L.-t., & Bentler, P. M. (1999). Cutoff criteria for fit indexes in covariance structure "
         "analysis: Conventional criteria versus new alternatives. *Structural Equation Modeling, 6*(1), 1–55."),
        ("curran2016", "Curran, P. G. (2016). Methods for the detection of carelessly invalid responses in survey "
         "data. *Journal of Experimental Social Psychology, 66*, 4–19."),
        ("nunnally1994", "Nunnally, J. C., & Bernstein, I. H. (1994). *Psychometric theory* (3rd ed.). McGraw-Hill."),
        ("kenny2006", "Kenny, D. A., Kashy, D. A., & Cook, W. L. (2006). *Dyadic data analysis*. Guilford Press."),
        ("lance2006", "Lance, C. E., Butts, M. M., & Michels, L. C. (2006). The sources of four commonly reported "
         "cutoff criteria: What did they really say? *Organizational Research Methods, 9*(2), 202–220."),
        ("browne1993", "Browne, M. W., & Cudeck, R. (1993). Alternative ways of assessing model fit. In K. A. Bollen & "
         "J. S. Long (Eds.), *Testing structural equation models* (pp. 136–162). Sage."),
        ("satorra2000", "Satorra, A. (2000). Scaled and adjusted restricted tests in multi-sample analysis of moment "
         "structures. In R. D. H. Heijmans, D. S. G. Pollock, & A. Satorra (Eds.), *Innovations in multivariate "
         "statistical analysis: A festschrift for Heinz Neudecker* (pp. 233–247). Kluwer Academic."),
    ],
)  # fmt: skip
def test_entries_are_set_in_apa_style(key: str, entry: str) -> None:
    assert "".join(f"*{text}*" if slanted else text for text, slanted in apa(catalogue()[key])) == entry


def test_many_authors_are_cut_as_apa_cuts_them() -> None:
    people = tuple(Person(f"A{chr(97 + n)}", "B.") for n in range(21))
    start = apa(Work("a", "book", people, 2000, "T", publisher="P"))[0][0]
    assert start.count(", B.,") == 19
    assert start.endswith("As, B., . . . Au, B. (2000). ")


def test_the_list_is_in_alphabetical_order() -> None:
    works = works_of(["Kenny & Ledermann, 2010; Kenny et al., 2006; Kenny & La Voie, 1985; Brown, 1910; Brown & "
                      "Hauenstein, 2005; Satorra & Bentler, 2010; Satorra & Bentler, 2001; Satorra, 2000; Sörbom, "
                      "1989; Spearman, 1904; Schwarz, 1978"])  # fmt: skip
    assert [work.key for work in works] == [
        "brown2005", "brown1910", "kenny2006", "kenny1985", "kenny2010", "satorra2000", "satorra2001", "satorra2010",
        "schwarz1978", "sorbom1989", "spearman1904",
    ]  # fmt: skip
    assert list(catalogue()) == [
        work.key for work in sorted(catalogue().values(), key=lambda work: work.place)
    ]


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Entries of a BibTeX file by key, by a grammar small enough to be right: fields in balanced braces."""
    found: dict[str, dict[str, str]] = {}
    at = 0
    while at < len(text):
        head = re.compile(r"\s*@(article|book|incollection)\{([A-Za-z0-9-]+),\n").match(text, at)
        assert head, text[at : at + 60]
        fields: dict[str, str] = {}
        at = head.end()
        while field := re.compile(r"  ([a-z]+) = \{").match(text, at):
            depth, end = 1, field.end()
            while depth:
                sign = text[end]
                escaped = text[end - 1] == "\\" and text[end - 2] != "\\"
                depth += 0 if escaped else (sign == "{") - (sign == "}")
                end += 1
            fields[field[1]] = text[field.end() : end - 1]
            assert text[end : end + 2] == ",\n"
            at = end + 2
        assert text[at : at + 2] == "}\n" and head[2] not in found
        at += 2
        found[head[2]] = {"type": head[1], **fields}
    return found


def test_bibtex_parses_and_holds_what_the_catalogue_holds() -> None:
    text = render_bibtex(catalogue().values())
    assert text.isascii()
    entries = parsed(text)
    assert list(entries) == list(catalogue())
    for key, fields in entries.items():
        work = catalogue()[key]
        assert fields["author"].count(" and ") == len(work.authors) - 1
        assert (fields["year"], fields.get("doi", "")) == (str(work.year), work.doi)
        assert fields.get("pages", "") == work.pages.replace("-", "--")
        for name, value in fields.items():
            if name != "doi":  # read verbatim
                bare = re.sub(r"\\[&%$#_{}]|\$\\[a-z]+\$", "", value)
                assert not re.search(r"[&%$#_~^]", bare), (key, name, value)
    assert render_bibtex(reversed(catalogue().values())) == text
    assert render_bibtex([]) == "% Nothing is cited.\n"


def test_bibtex_keeps_accents_capitals_and_signs() -> None:
    entries = parsed(render_bibtex(catalogue().values()))
    assert entries["ronkko2022"]["author"] == r"R{\"{o}}nkk{\"{o}}, M. and Cho, E."
    assert entries["byrne1989"]["author"].endswith(r"Muth{\'{e}}n, B.")
    assert entries["braeken2017"]["author"] == "Braeken, J. and van Assen, M. A. L. M."
    assert entries["pustejovsky2018"]["journal"] == r"Journal of Business \& Economic Statistics"
    assert entries["zinbarg2005"]["title"].startswith(
        r"Cronbach's $\alpha$, {Revelle's} $\beta$, and {McDonald's} {$\omega$H:} {Their} relations"
    )
    assert entries["bentler1995"]["title"] == "{EQS} structural equations program manual"
    assert entries["hattie1984"]["title"].endswith("the ``known-groups'' method")
    assert entries["nunnally1994"]["edition"] == "3rd"
    assert entries["bliese2000"]["editor"] == "Klein, K. J. and Kozlowski, S. W. J."
    assert entries["cheung2002"]["doi"] == "10.1207/S15328007SEM0902_5"
    odd = Work("a1", "book", (Person("A#B", "C."),), 2000, r"50% of x_1 {~^\ & $", publisher="P")
    title = parsed(render_bibtex([odd]))["a1"]["title"]
    assert title == r"50\% of x\_1 \{\textasciitilde{}\textasciicircum{}\textbackslash{} \& \$"


def report() -> Report:
    frame = pd.DataFrame({"source": ["Holm (1979)", "Nobody (2001)"], "n": [1979, 1]})
    table = TableSpec(
        "t", "Title (Horn, 1965)", frame, notes=("Fisher, 1925 <b>",), warnings=("Curran (2016)",)
    )
    blocks = (
        Prose("Hu & Bentler, 1999"),
        Notice("Lai (2021)"),
        Bullets(("Furr (2008)",)),
        Details("Lynn (1986)", (table,)),
        Conclusions((Conclusion("Yes", "Chan (1998)", "Cohen (1988).", "c"),)),
        Figure("f", "F", b"<svg></svg>", b"", "", ("Grice (2001)",)),
    )
    facts = (("Cut-offs", "Nunnally & Bernstein, 1994"),)
    return Report("Reise (2012)", (Section("s", "S", blocks),), "Vuong (1989)", ("Little (1988)",), facts)


def test_a_report_cites_what_any_of_its_texts_cites() -> None:
    assert [work.key for work in cited(report())] == [
        "chan1998", "cohen1988", "curran2016", "fisher1925", "furr2008", "grice2001", "holm1979", "horn1965", "hu1999",
        "lai2021", "little1988", "lynn1986", "nunnally1994", "reise2012", "vuong1989",
    ]  # fmt: skip


def test_citations_of_a_page_lead_to_its_references() -> None:
    whole = replace(report(), references=cited(report()))
    html = render_html(whole)
    for key, text in (
        ("hu1999", "Hu &amp; Bentler, 1999"), ("holm1979", "Holm (1979)"), ("fisher1925", "Fisher, 1925"),
        ("nunnally1994", "Nunnally &amp; Bernstein, 1994"), ("little1988", "Little (1988)"),
        ("cohen1988", "Cohen (1988)"), ("grice2001", "Grice (2001)"),
    ):  # fmt: skip
        assert f'<a class="cite" href="#ref-{key}">{text}</a>' in html
    assert "Fisher, 1925</a> &lt;b&gt;" in html and "<td>Nobody (2001)</td>" in html
    entries = re.findall(r'<li id="ref-([^"]+)">(.*?)</li>', html)
    assert [key for key, _ in entries] == [work.key for work in whole.references]
    assert dict(entries)["grice2001"] == (
        "Grice, J. W. (2001). Computing and evaluating factor scores. <i>Psychological Methods, 6</i>(4), 430–450. "
        '<a href="https://doi.org/10.1037/1082-989X.6.4.430">https://doi.org/10.1037/1082-989X.6.4.430</a>'
    )
    assert dict(entries)["holm1979"].endswith("65–70.")
    assert html.index('id="references"') > html.index('id="colophon"')
    assert 'href="#ref-' not in render_html(report()) and 'id="references"' not in render_html(report())
    only = replace(report(), references=(catalogue()["hu1999"],))
    assert set(re.findall(r'href="#ref-([^"]+)"', render_html(only))) == {"hu1999"}


def test_word_lists_the_works_that_its_tables_cite() -> None:
    whole = replace(report(), references=cited(report()))
    document = Document(io.BytesIO(render_word(whole, number_blocks(whole.sections))))
    texts = [paragraph.text for paragraph in document.paragraphs]
    entries = texts[len(texts) - texts[::-1].index("References") :]  # the contents name them, too
    assert [text[:6] for text in entries] == ["Curran", "Fisher", "Holm, ", "Horn, "]
    assert entries[0].endswith("4–19. https://doi.org/10.1016/j.jesp.2015.07.006")
    last = document.paragraphs[-1]
    assert (last.paragraph_format.left_indent, last.paragraph_format.first_line_indent) == (450215, -450215)
    assert [run.text for run in last.runs if run.italic] == ["Psychometrika, 30"]
    targets = {
        link.address for paragraph in document.paragraphs for link in paragraph.hyperlinks if link.address
    }
    assert targets == {doi_address(catalogue()[key]) for key in ("curran2016", "horn1965")}
    plain = Report("T", (Section("s", "S", (TableSpec("t", "T", pd.DataFrame({"a": [1]})),)),))
    document = Document(io.BytesIO(render_word(plain, {"t": 1})))
    assert "References" not in [paragraph.text for paragraph in document.paragraphs]


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_catalogue(read_yaml_text(text))
    return [f"{problem.row} {problem.column}: {problem.message}" for problem in caught.value.problems]


HEAD = "format: comply-measure references 1\nworks:\n"
HU = '  hu1999:\n    type: article\n    authors: ["Hu, L.-t."]\n    year: 1999\n    title: T\n'


def test_a_catalogue_names_all_its_faults() -> None:
    assert problems(HEAD + HU) == [
        f"3 works.hu1999.{name}: missing key" for name in ("journal", "volume", "pages")
    ]  # fmt: skip
    journal = "    journal: J\n    volume: 1\n    pages: 1-2\n"
    bad = HU.replace("hu1999", "hu99") + journal + "    edition: 2\n"
    assert problems(HEAD + bad) == [
        "11 works.hu99.edition: an article has no such key",
        "3 works.hu99: the key is not surname and year",
    ]
    twin = HU.replace("hu1999:", "x:") + journal
    assert "3 works.x: the key is not surname and year" in problems(HEAD + twin + HU + journal)
    assert "11 works.hu1999: a text calls it as it calls 'x'" in problems(HEAD + twin + HU + journal)
    wrong = (
        HU.replace("Hu, L.-t.", "Hu")
        + "    journal: J\n    volume: 0\n    pages: 1 to 2\n    doi: doi.org/1\n    isbn: 3\n"
    )
    assert [line.split(":")[0] for line in problems(HEAD + wrong)] == [
        "5 works.hu1999.authors.0", "9 works.hu1999.volume", "10 works.hu1999.pages", "11 works.hu1999.doi",
        "12 works.hu1999.isbn",
    ]  # fmt: skip
