from comply_measure.pipeline.document import build_report as build_report
from comply_measure.pipeline.folder import (
    require_usable as require_usable,
)
from comply_measure.pipeline.folder import (
    write_results as write_results,
)
from comply_measure.pipeline.outcome import Outcome as Outcome
from comply_measure.pipeline.registry import STEPS as STEPS
from comply_measure.pipeline.run import (
    Run as Run,
)
from comply_measure.pipeline.run import (
    run_study as run_study,
)
from comply_measure.pipeline.step import (
    Context as Context,
)
from comply_measure.pipeline.step import (
    Step as Step,
)
from comply_measure.pipeline.step import (
    StepOptions as StepOptions,
)
from comply_measure.pipeline.step import (
    StepOutput as StepOutput,
)
from comply_measure.pipeline.store import Store as Store
from comply_measure.pipeline.study import (
    Study as Study,
)
from comply_measure.pipeline.study import (
    load_study as load_study,
)
