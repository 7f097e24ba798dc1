from comply_measure.report import views as views
from comply_measure.report.cutoffs import (
    Cutoff as Cutoff,
    Cutoffs as Cutoffs,
)
from comply_measure.report.html import render_html as render_html
from comply_measure.report.labels import Labels as Labels
from comply_measure.report.latex import render_latex as render_latex
from comply_measure.report.moderation import (
    moderation_lines as moderation_lines,
    moderation_region as moderation_region,
    moderation_surface as moderation_surface,
)
from comply_measure.report.parts import (
    Block as Block,
    Bullets as Bullets,
    Chapter as Chapter,
    Conclusion as Conclusion,
    Conclusions as Conclusions,
    Details as Details,
    Figure as Figure,
    Heading as Heading,
    Notice as Notice,
    Prose as Prose,
    Report as Report,
    Section as Section,
)
from comply_measure.report.quantities.entry import Quantity as Quantity
from comply_measure.report.references.citations import cited as cited
from comply_measure.report.references.styles import render_bibtex as render_bibtex
from comply_measure.report.references.work import (
    Person as Person,
    Work as Work,
)
from comply_measure.report.tables import (
    Column as Column,
    TableSpec as TableSpec,
    of as of,
    table_of as table_of,
)
from comply_measure.report.verdicts import StatedVerdict as StatedVerdict
from comply_measure.report.word import render_word as render_word
