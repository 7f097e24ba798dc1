from comply_measure.simulation.files import (
    simulate_to_folder as simulate_to_folder,
    write_study as write_study,
)
from comply_measure.simulation.implied import (
    implied_gaps as implied_gaps,
    implied_icc as implied_icc,
    implied_loadings as implied_loadings,
    implied_reliability as implied_reliability,
    score_moments as score_moments,
)
from comply_measure.simulation.journey import (
    JourneyPopulation as JourneyPopulation,
    SimulatedJourney as SimulatedJourney,
    load_journey_population as load_journey_population,
    simulate_journey as simulate_journey,
)
from comply_measure.simulation.known_truth import (
    TruthReference as TruthReference,
    truth_reference as truth_reference,
)
from comply_measure.simulation.nulls import (
    JOURNEY_NULLS as JOURNEY_NULLS,
    NULLS as NULLS,
    PAIR_NULLS as PAIR_NULLS,
    Null as Null,
    null_population as null_population,
)
from comply_measure.simulation.pairs import (
    PairPopulation as PairPopulation,
    SimulatedPairs as SimulatedPairs,
    load_pair_population as load_pair_population,
    simulate_pairs as simulate_pairs,
)
from comply_measure.simulation.population import (
    Population as Population,
    load_population as load_population,
)
from comply_measure.simulation.rating_moments import (
    Moments as Moments,
    item_moments as item_moments,
)
from comply_measure.simulation.reference import (
    UnitReference as UnitReference,
    unit_reference as unit_reference,
)
from comply_measure.simulation.study import (
    SimulatedStudy as SimulatedStudy,
    simulate as simulate,
)
from comply_measure.simulation.synthetic import stand_in as stand_in
from comply_measure.simulation.truth import Truth as Truth
