"""The last steps: survey, farewell, close. A hang-up during the survey leaves the interaction complete."""

from typing import Any

from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.events import End, EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.message import IncomingMessage, Sender
from conversation.refusal import ConversationError
from conversation.survey import RESOLVED, SKIP, Question, Survey, SurveyLevel, SurveyStep, is_answer


def ask_survey(exchange: Exchange, ended_by: EndedBy) -> None:
    """Move to the survey and ask its first question; what was answered of an earlier one is asked anew."""
    conversation = exchange.conversation
    conversation.state = State.SURVEY
    conversation.ended_by = ended_by
    conversation.survey, conversation.survey_step = Survey(), SurveyStep()
    exchange.note(EventKind.SURVEY_SENT)
    put_question(exchange)


def leave_survey(exchange: Exchange) -> None:
    """Back to the bot; whoever ends it now is yet to be seen."""
    exchange.conversation.state, exchange.conversation.ended_by = State.BOT, None


def open_question(campaign: Campaign, conversation: Conversation) -> tuple[Question, int, int]:
    """The question of the survey that waits for its answer, its place, from 1, and of how many."""
    questions = campaign.survey.questions(conversation.rated_people)
    place = min(conversation.survey_step.place, len(questions) - 1)  # the file may have lost one meanwhile
    return questions[place], place + 1, len(questions)


def put_question(exchange: Exchange) -> None:
    """Put the open question, and nothing else is on offer."""
    exchange.conversation.offered = ()
    question, _, _ = open_question(exchange.campaign, exchange.conversation)
    exchange.say(question.reply, Sender.SYSTEM)


def answers_survey(exchange: Exchange, message: IncomingMessage) -> bool:
    """Whether a message may be meant for the survey; else it is a new request."""
    question, _, _ = open_question(exchange.campaign, exchange.conversation)
    return not message.text or is_answer(message.text, question.id)


def read_survey(exchange: Exchange, message: IncomingMessage) -> None:
    """Read one answer. What cannot be read is asked once more, and then left unanswered.

    Who does not answer whether it was resolved is asked nothing else.
    """
    conversation = exchange.conversation
    question, place, of = open_question(exchange.campaign, conversation)
    answered = conversation.survey.answered(question.id, message.choice or message.digits or message.text or "")
    again = conversation.survey_step.again or message.choice == SKIP.id
    if answered is None and not again:
        conversation.survey_step = SurveyStep(place=place - 1, again=True)
        exchange.say(question.second, Sender.SYSTEM)
        return
    if answered is None and question.id == RESOLVED:
        close(exchange, EndedBy.USER)
        return
    conversation.survey = answered or conversation.survey
    if place < of:
        conversation.survey_step = SurveyStep(place=place)
        put_question(exchange)
    else:
        answer_survey(exchange, conversation.survey)


def answer_survey(exchange: Exchange, survey: Survey) -> None:
    """Take the survey as far as it was answered and close. Whoever answers it has reached the end.

    Raises:
        ConversationError: `survey_level` when it rates a level that did not attend.
    """
    conversation = exchange.conversation
    foreign = [level for level in survey.ratings if level not in conversation.rated_people]
    if foreign:
        raise ConversationError("survey_level", f"«{foreign[0]}» no atendió esta conversación: no lleva calificación.")
    conversation.survey = survey
    reached_end = conversation.state in (State.BOT, State.SURVEY) and survey != Survey()
    close(exchange, conversation.ended_by or EndedBy.USER, End.COMPLETED if reached_end else None)


def close(exchange: Exchange, ended_by: EndedBy, end: End | None = None) -> None:
    """Say farewell and close. Without an explicit `end` it follows from what was going on."""
    conversation = exchange.conversation
    conversation.end = end or how_it_ends(exchange)
    conversation.ended_by = conversation.ended_by or ended_by
    if conversation.survey != Survey():
        _note_survey(exchange, conversation)
    conversation.state, conversation.closed_at = State.CLOSED, exchange.now
    exchange.prompt(
        "despedida", "Gracias por comunicarse al Instituto Mexicano del Seguro Social. Estoy para atenderle.",
        folio=conversation.folio,
    )  # fmt: skip
    exchange.note(EventKind.CLOSED, end=conversation.end, ended_by=conversation.ended_by)


def _note_survey(exchange: Exchange, conversation: Conversation) -> None:
    """One event for each level that attended (L1877, L6919); a mark that was not given is None."""
    survey = conversation.survey
    nps: dict[str, Any] = {} if survey.nps is None else {"nps": survey.nps}
    exchange.note(
        EventKind.SURVEY_ANSWERED, level="user", agent_level=SurveyLevel.BOT, resolved=survey.resolved,
        rating=survey.rating, **nps,
    )  # fmt: skip
    for level in conversation.rated_people:
        exchange.note(EventKind.SURVEY_ANSWERED, level="user", agent_level=level, rating=survey.mark_of(level))


def how_it_ends(exchange: Exchange) -> End:
    """Completed when the survey was reached or nothing was left half-way; else the citizen hung up (L2053)."""
    conversation = exchange.conversation
    if conversation.state is State.SURVEY:
        return End.COMPLETED
    half_way = bool(conversation.facts.get("pending")) or conversation.state in (State.QUEUED, State.HUMAN)
    return End.USER_HANGUP if half_way or not conversation.topics else End.COMPLETED
