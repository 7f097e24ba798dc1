from comply_measure.survey.codes import linking_codes as linking_codes
from comply_measure.survey.export import (
    ExportedSurvey as ExportedSurvey,
    export_survey as export_survey,
    survey_files as survey_files,
)
from comply_measure.survey.load import (
    check_survey as check_survey,
    list_surveys as list_surveys,
    load_survey as load_survey,
)
from comply_measure.survey.missingness import (
    missingness_matrix as missingness_matrix,
    pair_coverage as pair_coverage,
)
from comply_measure.survey.plan import SurveyPlan as SurveyPlan
from comply_measure.survey.preview import (
    sheet_table as sheet_table,
    survey_notes as survey_notes,
    survey_overview as survey_overview,
)
from comply_measure.survey.reading.read import read_survey as read_survey
from comply_measure.survey.reading.result import (
    SurveyAnswers as SurveyAnswers,
    plan_described as plan_described,
)
from comply_measure.survey.sheet import (
    Field as Field,
    Page as Page,
    Sheet as Sheet,
)
from comply_measure.survey.sheets import (
    survey_sheet as survey_sheet,
    survey_sheets as survey_sheets,
)
