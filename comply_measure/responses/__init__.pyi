from comply_measure.responses.datasets import (
    DatasetDescription as DatasetDescription,
)
from comply_measure.responses.datasets import (
    dataset_path as dataset_path,
)
from comply_measure.responses.datasets import (
    describe_dataset as describe_dataset,
)
from comply_measure.responses.datasets import (
    list_datasets as list_datasets,
)
from comply_measure.responses.datasets import (
    load_dataset as load_dataset,
)
from comply_measure.responses.export import (
    neutralise_cell as neutralise_cell,
)
from comply_measure.responses.export import (
    write_csv as write_csv,
)
from comply_measure.responses.export import (
    write_xlsx as write_xlsx,
)
from comply_measure.responses.mapping import (
    ColumnMapping as ColumnMapping,
)
from comply_measure.responses.mapping import (
    FileFormat as FileFormat,
)
from comply_measure.responses.mapping import (
    Layout as Layout,
)
from comply_measure.responses.reading import (
    read_responses as read_responses,
)
from comply_measure.responses.reading import (
    responses_from_frame as responses_from_frame,
)
from comply_measure.responses.table import (
    Responses as Responses,
)
from comply_measure.responses.table import (
    Source as Source,
)
