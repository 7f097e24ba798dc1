from comply_measure.pipeline.document import build_report as build_report
from comply_measure.pipeline.folder import (
    require_usable as require_usable,
    write_results as write_results,
)
from comply_measure.pipeline.new import (
    NewFiles as NewFiles,
    new_scale as new_scale,
    new_study as new_study,
)
from comply_measure.pipeline.new_survey import study_of_survey as study_of_survey
from comply_measure.pipeline.outcome import Outcome as Outcome
from comply_measure.pipeline.registry import STEPS as STEPS
from comply_measure.pipeline.replication.package import write_package as write_package
from comply_measure.pipeline.replication.verify import (
    Verification as Verification,
    verify_package as verify_package,
)
from comply_measure.pipeline.run import Run as Run
from comply_measure.pipeline.step import (
    Context as Context,
    Step as Step,
    StepOutput as StepOutput,
)
from comply_measure.pipeline.store import Store as Store
from comply_measure.pipeline.study import (
    Study as Study,
    load_study as load_study,
)
from comply_measure.pipeline.whole import run_study as run_study
