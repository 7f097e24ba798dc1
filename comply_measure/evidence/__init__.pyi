from comply_measure.evidence.base import (
    Evidence as Evidence,
    Value as Value,
    topic_seeds as topic_seeds,
)
from comply_measure.evidence.calibration.calibrate import calibrate as calibrate
from comply_measure.evidence.calibration.result import Calibration as Calibration
from comply_measure.evidence.choices import (
    Firms as Firms,
    Names as Names,
)
from comply_measure.evidence.fits import NamedFit as NamedFit
from comply_measure.evidence.focal import (
    Focal as Focal,
    chosen_focal as chosen_focal,
)
from comply_measure.evidence.options import TopicOptions as TopicOptions
from comply_measure.evidence.structural_options import StructureOptions as StructureOptions
from comply_measure.evidence.topic import (
    Request as Request,
    Topic as Topic,
)
from comply_measure.evidence.topics.actions import (
    ActionOptions as ActionOptions,
    ActionsEvidence as ActionsEvidence,
    actions as actions,
)
from comply_measure.evidence.topics.aggregation import (
    AggregationEvidence as AggregationEvidence,
    AggregationOptions as AggregationOptions,
    aggregation as aggregation,
)
from comply_measure.evidence.topics.agreement import (
    AgreementEvidence as AgreementEvidence,
    AgreementOptions as AgreementOptions,
    agreement as agreement,
)
from comply_measure.evidence.topics.cfa import (
    CfaEvidence as CfaEvidence,
    CfaOptions as CfaOptions,
    cfa as cfa,
)
from comply_measure.evidence.topics.congruence import (
    CongruenceEvidence as CongruenceEvidence,
    CongruenceOptions as CongruenceOptions,
    congruence as congruence,
)
from comply_measure.evidence.topics.content import (
    ContentOptions as ContentOptions,
    ContentValidityEvidence as ContentValidityEvidence,
    content as content,
)
from comply_measure.evidence.topics.dimensionality import (
    DimensionalityEvidence as DimensionalityEvidence,
    DimensionalityOptions as DimensionalityOptions,
    dimensionality as dimensionality,
)
from comply_measure.evidence.topics.gaps import (
    GapEvidence as GapEvidence,
    GapOptions as GapOptions,
    gaps as gaps,
)
from comply_measure.evidence.topics.generalisability import (
    GeneralisabilityEvidence as GeneralisabilityEvidence,
    GeneralisabilityOptions as GeneralisabilityOptions,
    generalisability as generalisability,
)
from comply_measure.evidence.topics.informants import (
    InformantEvidence as InformantEvidence,
    InformantOptions as InformantOptions,
    informants as informants,
)
from comply_measure.evidence.topics.invariance import (
    InvarianceEvidence as InvarianceEvidence,
    InvarianceOptions as InvarianceOptions,
    invariance as invariance,
)
from comply_measure.evidence.topics.items import (
    ItemsEvidence as ItemsEvidence,
    items as items,
)
from comply_measure.evidence.topics.journey import (
    JourneyEvidence as JourneyEvidence,
    JourneyOptions as JourneyOptions,
    journey as journey,
)
from comply_measure.evidence.topics.method_variance import (
    MethodVarianceEvidence as MethodVarianceEvidence,
    MethodVarianceOptions as MethodVarianceOptions,
    method_variance as method_variance,
)
from comply_measure.evidence.topics.missing_data import (
    MissingDataEvidence as MissingDataEvidence,
    MissingDataOptions as MissingDataOptions,
    missing_data as missing_data,
)
from comply_measure.evidence.topics.pairs import (
    PairOptions as PairOptions,
    PairsEvidence as PairsEvidence,
    pairs as pairs,
)
from comply_measure.evidence.topics.quality import (
    QualityEvidence as QualityEvidence,
    QualityOptions as QualityOptions,
    quality as quality,
)
from comply_measure.evidence.topics.reliability import (
    ReliabilityEvidence as ReliabilityEvidence,
    ReliabilityOptions as ReliabilityOptions,
    reliability as reliability,
)
from comply_measure.evidence.topics.rivals import (
    RivalEvidence as RivalEvidence,
    RivalOptions as RivalOptions,
    rivals as rivals,
)
from comply_measure.evidence.topics.sample import (
    SampleEvidence as SampleEvidence,
    sample as sample,
)
from comply_measure.evidence.topics.structure import (
    StructureEvidence as StructureEvidence,
    structure as structure,
)
from comply_measure.evidence.topics.triads import (
    TriadEvidence as TriadEvidence,
    TriadOptions as TriadOptions,
    triads as triads,
)
from comply_measure.evidence.topics.validity import (
    ValidityEvidence as ValidityEvidence,
    ValidityOptions as ValidityOptions,
    validity as validity,
)
from comply_measure.evidence.verdicts import (
    ANSWERS as ANSWERS,
    Answer as Answer,
    Verdict as Verdict,
    VerdictRule as VerdictRule,
    Words as Words,
    by_interval as by_interval,
    register_rule as register_rule,
    registered_rules as registered_rules,
    rule_of as rule_of,
)
