from comply_measure.documents.safe_yaml import (
    Key as Key,
)
from comply_measure.documents.safe_yaml import (
    YamlDocument as YamlDocument,
)
from comply_measure.documents.safe_yaml import (
    read_yaml as read_yaml,
)
from comply_measure.documents.safe_yaml import (
    read_yaml_text as read_yaml_text,
)
from comply_measure.documents.suggest import (
    nearest as nearest,
)
from comply_measure.documents.suggest import (
    require_known as require_known,
)
from comply_measure.documents.suggest import (
    unknown_message as unknown_message,
)
from comply_measure.documents.validation import (
    problem_at as problem_at,
)
from comply_measure.documents.validation import (
    validate as validate,
)
