"""The campaign's words for the exit survey (`survey.yml`, L1871, L6810): the shared file, and what a campaign changes.

In force as soon as it is saved. A campaign's own file says only what differs; `nps:` left empty there turns off what
the shared file asks.
"""

from pathlib import Path

from pydantic import ValidationError

from content.files import APPROVED, misfit, parse_yaml, unapproved
from conversation.survey import SurveyQuestions


def parse_survey(text: str, path: Path, *, approved_only: bool = False) -> SurveyQuestions:
    """The survey of a file.

    Raises:
        ContentError: not a survey, or not approved where it must be; names file, place and what is wrong.
    """
    try:
        survey = SurveyQuestions.model_validate(parse_yaml(text, path))
    except ValidationError as error:
        raise misfit(error, str(path)) from error
    if approved_only and survey.approval != APPROVED:
        raise unapproved(path, "the survey is", survey.approval)
    return survey


def merged_survey(shared: SurveyQuestions, own: SurveyQuestions) -> SurveyQuestions:
    """The campaign's survey: what its own file says, and the shared words for the rest."""
    said = own.model_dump(exclude_unset=True)
    return shared.model_copy(update={**said, "rating": {**shared.rating, **own.rating}})
