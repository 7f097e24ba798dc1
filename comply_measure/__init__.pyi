__version__: str
from comply_measure import (
    evidence as evidence,
    framework as framework,
    instrument as instrument,
    measurement as measurement,
    models as models,
    pipeline as pipeline,
    report as report,
    responses as responses,
    sem as sem,
    simulation as simulation,
    survey as survey,
    triads as triads,
)
from comply_measure.errors import (
    ComplyError as ComplyError,
    ComplyWarning as ComplyWarning,
    InputError as InputError,
    Problem as Problem,
)
from comply_measure.instrument import (
    Scale as Scale,
    check_scale as check_scale,
    list_scales as list_scales,
    load_scale as load_scale,
)
from comply_measure.pipeline import (
    load_study as load_study,
    run_study as run_study,
    write_results as write_results,
)
from comply_measure.responses import (
    ColumnMapping as ColumnMapping,
    Responses as Responses,
    list_datasets as list_datasets,
    load_dataset as load_dataset,
    read_responses as read_responses,
)
from comply_measure.triads import TriadData as TriadData
