from comply_measure.documents.paths import path_fault as path_fault
from comply_measure.documents.safe_yaml import (
    Key as Key,
    YamlDocument as YamlDocument,
    read_yaml as read_yaml,
    read_yaml_text as read_yaml_text,
)
from comply_measure.documents.validation import (
    problem_at as problem_at,
    validate as validate,
)
