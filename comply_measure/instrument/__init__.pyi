from comply_measure.instrument.codebook_table import codebook as codebook
from comply_measure.instrument.describe import (
    ScaleDescription as ScaleDescription,
)
from comply_measure.instrument.describe import (
    describe_scale as describe_scale,
)
from comply_measure.instrument.describe import (
    describe_scales as describe_scales,
)
from comply_measure.instrument.load import (
    check_scale as check_scale,
)
from comply_measure.instrument.load import (
    list_scales as list_scales,
)
from comply_measure.instrument.load import (
    load_scale as load_scale,
)
from comply_measure.instrument.scale import Scale as Scale
from comply_measure.instrument.types import (
    Construct as Construct,
)
from comply_measure.instrument.types import (
    Form as Form,
)
from comply_measure.instrument.types import (
    Item as Item,
)
from comply_measure.instrument.types import (
    ResponseFormat as ResponseFormat,
)
from comply_measure.instrument.types import (
    Stage as Stage,
)
