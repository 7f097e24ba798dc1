"""Records → parameter table: one row per parameter, defaults included."""

from comply_measure.sem.table.build import build_table
from comply_measure.sem.table.parameter_table import ParameterTable, TableOptions
from comply_measure.sem.table.variables import Variables, variables_of

__all__ = ["ParameterTable", "TableOptions", "Variables", "build_table", "variables_of"]
