from comply_measure.instrument.back_translation import (
    compare_back_translation as compare_back_translation,
)
from comply_measure.instrument.codebook_table import codebook as codebook
from comply_measure.instrument.describe import (
    ScaleDescription as ScaleDescription,
    describe_scale as describe_scale,
    describe_scales as describe_scales,
)
from comply_measure.instrument.fielding import (
    Choice as Choice,
    Condition as Condition,
    Question as Question,
    Section as Section,
)
from comply_measure.instrument.kit import (
    construct_definitions as construct_definitions,
    development_kit as development_kit,
    item_pool as item_pool,
)
from comply_measure.instrument.load import (
    check_scale as check_scale,
    list_scales as list_scales,
    load_scale as load_scale,
)
from comply_measure.instrument.new import draft_scale as draft_scale
from comply_measure.instrument.notes import scale_notes as scale_notes
from comply_measure.instrument.pages import (
    Questionnaire as Questionnaire,
    durations as durations,
    questionnaire as questionnaire,
)
from comply_measure.instrument.reading_ease import (
    Readability as Readability,
    readability as readability,
)
from comply_measure.instrument.scale import Scale as Scale
from comply_measure.instrument.structure import (
    FittedTree as FittedTree,
    fitted_tree as fitted_tree,
)
from comply_measure.instrument.translation import (
    translated_scale as translated_scale,
    translation_table as translation_table,
)
from comply_measure.instrument.types import (
    Construct as Construct,
    Form as Form,
    Item as Item,
    Pair as Pair,
    ResponseFormat as ResponseFormat,
    Stage as Stage,
)
