from comply_measure.responses.codebook.package import write_dataset as write_dataset
from comply_measure.responses.codebook.variables import (
    Described as Described,
    Variable as Variable,
    study_variables as study_variables,
    variable_table as variable_table,
)
from comply_measure.responses.datasets import (
    DatasetDescription as DatasetDescription,
    dataset_path as dataset_path,
    describe_dataset as describe_dataset,
    list_datasets as list_datasets,
    load_dataset as load_dataset,
)
from comply_measure.responses.disclosure import (
    SmallCells as SmallCells,
    coarsened as coarsened,
    safer_cells as safer_cells,
    small_cells as small_cells,
)
from comply_measure.responses.export import (
    neutralise_cell as neutralise_cell,
    write_csv as write_csv,
    write_xlsx as write_xlsx,
)
from comply_measure.responses.fielded import (
    instructions_followed as instructions_followed,
    pair_ratings as pair_ratings,
)
from comply_measure.responses.mapping import (
    ColumnMapping as ColumnMapping,
    FileFormat as FileFormat,
    Layout as Layout,
)
from comply_measure.responses.reading import (
    read_responses as read_responses,
    responses_from_frame as responses_from_frame,
)
from comply_measure.responses.several import each_informant as each_informant, one_per_role as one_per_role
from comply_measure.responses.sketch.sketch import (
    AnswersSketch as AnswersSketch,
    sketch_answers as sketch_answers,
)
from comply_measure.responses.source import Source as Source
from comply_measure.responses.table import Responses as Responses
