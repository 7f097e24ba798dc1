"""The model language: text → tokens → records."""

from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.quoting import quoted
from comply_measure.sem.language.records import ModelRecords, Modifiers, Relation, Term

__all__ = ["ModelRecords", "Modifiers", "Relation", "Term", "parse_model", "quoted"]
