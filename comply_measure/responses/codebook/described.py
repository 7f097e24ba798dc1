"""Descriptions of a data set for machines: Frictionless Data Package, Psych-DS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from comply_measure.responses.codebook.variables import Variable

Json = dict[str, Any]


def data_package(
    variables: Sequence[Variable], name: str, title: str, description: str, file: str, digest: str, size: int
) -> str:
    """``datapackage.json`` after the Data Package standard: one resource with its table schema.

    Codes and labels are ``categories`` (version 2 of the standard) and ``constraints.enum`` (version 1, too).
    """
    words = sorted({word for variable in variables for word in variable.words})
    resource: Json = {
        "name": name,
        "path": file,
        "profile": "tabular-data-resource",
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "hash": f"sha256:{digest}",
        "bytes": size,
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
        "schema": {
            "fields": [_field(variable) for variable in variables],
            "missingValues": ["", *words],
        },
    }
    package = {
        "profile": "tabular-data-package",
        "name": name,
        "title": title,
        "description": description,
        "resources": [resource],
    }
    return _json(package)


def _field(variable: Variable) -> Json:
    found: Json = {
        "name": variable.name,
        "type": _type(variable),
        "title": variable.label,
        "level": variable.level,
    }
    codes = dict(variable.values) | dict(variable.missing)
    if codes:
        found["constraints"] = {"enum": list(codes)}
        found["categories"] = [{"value": code, "label": label} for code, label in codes.items()]
        found["categoriesOrdered"] = variable.level == "ordinal"
    if variable.missing:
        found["outsideCategories"] = list(variable.missing)
    if variable.kind == "item":
        found |= {
            "scale": variable.scale,
            "construct": variable.construct,
            "keying": variable.keying,
            "roles": list(variable.roles),
        }
    if variable.name in ("unit", "role"):
        found["constraints"] = {"required": True}
    return found


def _type(variable: Variable) -> str:
    # Codes are numbers, not integers: the CSV file writes them as such (3.0).
    return "string" if variable.text else "number"


def psych_ds(variables: Sequence[Variable], title: str, description: str) -> str:
    """``dataset_description.json`` after Psych-DS: schema.org's terms, every column as a measured variable."""
    content: Json = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": title,
        "description": description,
        "schemaVersion": "Psych-DS 1.4.0",
        "variableMeasured": [_measured(variable) for variable in variables],
    }
    return _json(content)


def _measured(variable: Variable) -> Json:
    found: Json = {"@type": "PropertyValue", "name": variable.name, "description": variable.label}
    if variable.minimum is not None:
        found["minValue"] = variable.minimum
    if variable.maximum is not None:
        found["maxValue"] = variable.maximum
    codes: Mapping[int, str] = dict(variable.values) | dict(variable.missing)
    if codes:
        found["valueReference"] = [
            {"@type": "PropertyValue", "value": code, "name": label} for code, label in codes.items()
        ]
    return found


def _json(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
