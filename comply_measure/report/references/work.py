"""A cited work, and how it is called in a text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

WorkType = Literal["article", "book", "chapter"]


@dataclass(frozen=True, slots=True)
class Person:
    """An author or editor: surname, and initials as a reference list prints them."""

    family: str
    initials: str


@dataclass(frozen=True, slots=True)
class Work:
    """A work that texts cite.

    Parameters
    ----------
    key : str
        The first author's surname and the year; key of its BibTeX entry and of its place in the report.
    type : {"article", "book", "chapter"}
        What it is.
    authors, editors : tuple of Person
        In the order of the title page; editors of the book that a chapter is in.
    year : int
        Of the final publication.
    title : str
        In sentence case.
    journal, booktitle, publisher, pages, doi : str
        Empty where the work has none, or it is not certain.
    volume, issue, edition : int, optional
        Of the journal, of the book.
    """

    key: str
    type: WorkType
    authors: tuple[Person, ...]
    year: int
    title: str
    journal: str = ""
    booktitle: str = ""
    editors: tuple[Person, ...] = ()
    publisher: str = ""
    edition: int | None = None
    volume: int | None = None
    issue: int | None = None
    pages: str = ""
    doi: str = ""

    @property
    def families(self) -> tuple[str, ...]:
        """Surnames of the authors."""
        return tuple(person.family for person in self.authors)

    @property
    def called(self) -> tuple[str, ...]:
        """Surnames by which a text calls it (APA 7, section 8.17): from three authors on the first and ``et al.``."""
        return self.families if len(self.authors) <= 2 else (f"{self.families[0]} et al.",)

    @property
    def place(self) -> tuple[tuple[tuple[str, str], ...], int, str]:
        """Its place in a reference list: authors by surname and initials, earlier works first."""
        authors = tuple((letters(person.family), letters(person.initials)) for person in self.authors)
        return authors, self.year, letters(self.title)


def letters(text: str) -> str:
    """What a list in alphabetical order goes by: letters without marks, case or blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if sign.isalnum())
