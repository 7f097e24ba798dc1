from comply_measure.instrument.codebook_table import codebook as codebook
from comply_measure.instrument.describe import (
    ScaleDescription as ScaleDescription,
    describe_scale as describe_scale,
    describe_scales as describe_scales,
)
from comply_measure.instrument.load import (
    check_scale as check_scale,
    list_scales as list_scales,
    load_scale as load_scale,
)
from comply_measure.instrument.new import draft_scale as draft_scale
from comply_measure.instrument.notes import scale_notes as scale_notes
from comply_measure.instrument.scale import Scale as Scale
from comply_measure.instrument.structure import (
    FittedTree as FittedTree,
    fitted_tree as fitted_tree,
)
from comply_measure.instrument.types import (
    Construct as Construct,
    Form as Form,
    Item as Item,
    ResponseFormat as ResponseFormat,
    Stage as Stage,
)
