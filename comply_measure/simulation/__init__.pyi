from comply_measure.simulation.files import (
    simulate_to_folder as simulate_to_folder,
)
from comply_measure.simulation.files import (
    write_study as write_study,
)
from comply_measure.simulation.implied import (
    implied_gaps as implied_gaps,
)
from comply_measure.simulation.implied import (
    implied_icc as implied_icc,
)
from comply_measure.simulation.implied import (
    implied_loadings as implied_loadings,
)
from comply_measure.simulation.implied import (
    implied_reliability as implied_reliability,
)
from comply_measure.simulation.implied import (
    score_moments as score_moments,
)
from comply_measure.simulation.known_truth import (
    TruthReference as TruthReference,
)
from comply_measure.simulation.known_truth import (
    truth_reference as truth_reference,
)
from comply_measure.simulation.population import (
    Population as Population,
)
from comply_measure.simulation.population import (
    load_population as load_population,
)
from comply_measure.simulation.rating_moments import (
    Moments as Moments,
)
from comply_measure.simulation.rating_moments import (
    item_moments as item_moments,
)
from comply_measure.simulation.reference import (
    UnitReference as UnitReference,
)
from comply_measure.simulation.reference import (
    unit_reference as unit_reference,
)
from comply_measure.simulation.study import (
    SimulatedStudy as SimulatedStudy,
)
from comply_measure.simulation.study import (
    simulate as simulate,
)
from comply_measure.simulation.truth import Truth as Truth
