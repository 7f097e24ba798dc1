from comply_measure.report.cutoffs import (
    Cutoff as Cutoff,
)
from comply_measure.report.cutoffs import (
    Cutoffs as Cutoffs,
)
from comply_measure.report.html import render_html as render_html
from comply_measure.report.latex import render_latex as render_latex
from comply_measure.report.parts import (
    Block as Block,
)
from comply_measure.report.parts import (
    Bullets as Bullets,
)
from comply_measure.report.parts import (
    Column as Column,
)
from comply_measure.report.parts import (
    Details as Details,
)
from comply_measure.report.parts import (
    Figure as Figure,
)
from comply_measure.report.parts import (
    Heading as Heading,
)
from comply_measure.report.parts import (
    Notice as Notice,
)
from comply_measure.report.parts import (
    Prose as Prose,
)
from comply_measure.report.parts import (
    Report as Report,
)
from comply_measure.report.parts import (
    Section as Section,
)
from comply_measure.report.parts import (
    Table as Table,
)
from comply_measure.report.word import render_word as render_word
