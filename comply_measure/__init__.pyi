__version__: str
from comply_measure import framework as framework
from comply_measure import instrument as instrument
from comply_measure import measurement as measurement
from comply_measure import models as models
from comply_measure import pipeline as pipeline
from comply_measure import report as report
from comply_measure import responses as responses
from comply_measure import sem as sem
from comply_measure import simulation as simulation
from comply_measure import triads as triads
from comply_measure.errors import (
    ComplyError as ComplyError,
)
from comply_measure.errors import (
    ComplyWarning as ComplyWarning,
)
from comply_measure.errors import (
    InputError as InputError,
)
from comply_measure.errors import (
    Problem as Problem,
)
from comply_measure.instrument import (
    Scale as Scale,
)
from comply_measure.instrument import (
    check_scale as check_scale,
)
from comply_measure.instrument import (
    list_scales as list_scales,
)
from comply_measure.instrument import (
    load_scale as load_scale,
)
from comply_measure.pipeline import (
    load_study as load_study,
)
from comply_measure.pipeline import (
    run_study as run_study,
)
from comply_measure.pipeline import (
    write_results as write_results,
)
from comply_measure.responses import (
    ColumnMapping as ColumnMapping,
)
from comply_measure.responses import (
    Responses as Responses,
)
from comply_measure.responses import (
    list_datasets as list_datasets,
)
from comply_measure.responses import (
    load_dataset as load_dataset,
)
from comply_measure.responses import (
    read_responses as read_responses,
)
from comply_measure.triads import TriadData as TriadData
