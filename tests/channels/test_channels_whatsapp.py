"""WhatsApp from end to end: telephones, a stand-in of Meta over HTTP, the whole application, a scripted bot."""

import json
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from live_application import until
from scripted_dialogue import says
from whatsapp_bench import APP_SECRET, THURSDAY, VERIFY_TOKEN, Bench, Start

from channels import whatsapp_sender
from conversation.conversation import State
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Choice, Reply
from conversation.ports import Answered, Finish, HandOff
from ledger import inbox_work
from sandbox.whatsapp_graph import Fault
from sandbox.whatsapp_phone import Phone, signature

pytest_plugins = ("whatsapp_fixtures",)
MENU = (Choice(id="cita", title="Agendar"), Choice(id="vigencia", title="Vigencia"))


def offers(text: str, *choices: Choice, **more: object) -> Answered:
    return Answered.model_validate({"replies": (Reply(text=text, choices=choices),), **more})


def test_meta_proves_the_address(bench: Bench) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = httpx.get(bench.webhook, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert httpx.get(bench.webhook, params={**asked, "hub.verify_token": "otro"}).status_code == 403
    assert httpx.get(bench.webhook).status_code == 403


def test_a_conversation_with_text_buttons_list_and_survey(bench: Bench) -> None:
    phone = bench.phone()
    many = tuple(Choice(id=f"tema{number}", title=f"Tema {number}") for number in range(5))
    bench.engine.will(
        offers("¿Qué necesita?", *MENU), offers("¿Cuál de estos?", *many),
        Answered.model_validate({"replies": (Reply(text="Servido."),), "topic": "vigencia", "outcome": Finish()}),
    )  # fmt: skip
    assert phone.says("hola").status_code == 200
    first = bench.hears(phone, "¿Qué necesita?")
    assert "Su folio es" in first.text and first.options == [("cita", "Agendar"), ("vigencia", "Vigencia")]
    phone.taps("vigencia", "Vigencia")
    assert bench.hears(phone, "¿Cuál de estos?").options[4] == ("tema4", "Tema 4")
    phone.taps("tema4", "Tema 4", "list_reply")
    survey = bench.hears(phone, "¿se resolvió su duda?")
    assert "Servido." in survey.text and [title for _, title in survey.options] == ["Sí", "No"]
    phone.taps("survey:yes", "Sí")
    rating = bench.hears(phone, "¿cómo califica")
    phone.taps(*rating.options[4], "list_reply")
    bench.hears(phone, "Gracias por comunicarse")
    conversation = bench.conversation(phone)
    assert (conversation.state, conversation.survey.resolved, conversation.survey.rating) == (State.CLOSED, True, 5)
    assert [turn.choice for turn in bench.engine.turns] == [None, "vigencia", "tema4"]
    assert (conversation.campaign, conversation.channel, conversation.origin) == ("recepcion", "whatsapp", phone.number)


def test_the_same_delivery_is_answered_once_also_after_a_restart(start: Start) -> None:
    with start() as bench:
        phone = bench.phone()
        delivery = phone.text("hola", "wamid.unico")
        for _ in range(3):
            assert phone.deliver(delivery).status_code == 200
        bench.hears(phone, "Le escucho.")
        assert len(bench.engine.turns) == 1
    with start() as again:
        phone = again.phone()
        assert phone.deliver(delivery).status_code == 200
        phone.says("otra cosa")
        until(lambda: again.inbox() == ["done", "done"])
        assert [turn.text for turn in again.engine.turns] == ["otra cosa"]
        assert len(again.conversations(phone)) == 1


@pytest.mark.parametrize("forged", ["", "sha256=", "sha256=" + "0" * 64, "otra", "sha256=ñ"])
def test_without_metas_signature_nothing_is_taken(bench: Bench, forged: str) -> None:
    body = json.dumps(bench.phone().text("hola")).encode()
    headers = {"X-Hub-Signature-256": forged.encode("latin-1")} if forged else {}
    answer = httpx.post(bench.webhook, content=body, headers=headers)
    assert answer.status_code == 401
    assert bench.phone().deliver(bench.phone().text("hola"), secret="otro-secreto").status_code == 401
    assert bench.inbox() == [] and bench.graph.attempts == 0


def test_a_signed_delivery_that_is_no_delivery_is_refused_or_ignored(bench: Bench) -> None:
    def post(body: bytes) -> int:
        return httpx.post(
            bench.webhook, content=body, headers={"X-Hub-Signature-256": signature(APP_SECRET, body)}
        ).status_code

    assert post(b"no es json") == 400 and post(b'{"entry": 7}') == 400
    odd = bench.phone().text("hola")
    odd["entry"][0]["changes"][0]["value"]["messages"] = "no es una lista"
    assert post(json.dumps(odd).encode()) == 400
    assert post(b'{"object": "page", "entry": []}') == 200
    other = bench.phone().text("hola")
    other["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    assert post(json.dumps(other).encode()) == 200
    assert post(b"x" * (3 * 1024 * 1024 + 1)) == 413
    assert bench.inbox() == []


def test_statuses_in_any_order_leave_the_furthest(bench: Bench) -> None:
    phone = bench.phone()
    phone.says("hola")
    message = bench.hears(phone, "Le escucho.")
    for state in ("read", "sent", "delivered", "sent"):
        phone.deliver(phone.status(message, state))
    assert bench.outcomes()[-1] == ("read", None)
    phone.deliver(phone.status(message, "failed", 131026))
    assert bench.outcomes()[-1] == ("read", None), "what was read has not failed"
    strange = phone.status(message, "sent")
    strange["entry"][0]["changes"][0]["value"]["statuses"][0].update(id="wamid.ajeno", biz_opaque_callback_data="x")
    assert phone.deliver(strange).status_code == 200


@pytest.mark.parametrize("code", [130429, 131056, 4, 131016, 131000, 190])
def test_what_meta_refuses_for_now_goes_later_and_in_order(bench: Bench, code: int) -> None:
    phone = bench.phone()
    bench.graph.faults.extend([Fault(code=code), Fault(code=code)])
    bench.engine.will(says("Primera respuesta."), says("Segunda respuesta."))
    phone.says("uno")
    phone.says("dos")
    bench.hears(phone, "Segunda respuesta.")
    heard = "\n".join(one.text for one in phone.received())
    assert heard.count("Primera respuesta.") == heard.count("Segunda respuesta.") == 1
    assert heard.index("Su folio es") < heard.index("Primera respuesta.") < heard.index("Segunda respuesta.")
    assert bench.graph.attempts == len(phone.received()) + 2


@pytest.mark.parametrize("code", [131026, 131009, 131051])
def test_what_meta_refuses_for_good_is_told_to_the_staff(bench: Bench, code: int) -> None:
    phone = bench.phone()
    bench.graph.faults.append(Fault(code=code))
    phone.says("hola")
    until(lambda: bench.outcomes() and bench.outcomes()[0] == ("failed", code))
    assert bench.graph.attempts == 1
    note = until(lambda: bench.events(phone, EventKind.NOTE))[0]
    assert str(code) in note.data["text"] and note.level == "system"


def test_retries_end(bench: Bench) -> None:
    phone = bench.phone()
    bench.graph.faults.extend([Fault(code=131016)] * 9)
    phone.says("hola")
    until(lambda: bench.outcomes() and bench.outcomes()[0] == ("failed", 131016))
    assert bench.graph.attempts == 1 + len(whatsapp_sender.RETRY_SECONDS)


def test_an_outcome_that_is_unknown_is_not_repeated_and_a_status_clears_it(bench: Bench) -> None:
    phone = bench.phone()
    bench.graph.faults.append(Fault(gateway=502))
    phone.says("hola")
    until(lambda: bench.outcomes() and bench.outcomes()[0][0] == "unknown")
    assert "no se sabe" in until(lambda: bench.events(phone, EventKind.NOTE))[0].data["text"]
    phone.says("¿hay alguien?")
    bench.hears(phone, "Le escucho.")
    assert bench.graph.attempts == 2, "the first one was not sent again"


def test_silence_after_taking_is_cleared_by_the_status(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.whatsapp_graph.TIMEOUT_SECONDS", 0.5)
    with start() as bench:
        phone = bench.phone()
        bench.graph.faults.append(Fault(silent_seconds=1.5))
        phone.says("hola")
        until(lambda: bench.outcomes() and bench.outcomes()[0][0] == "unknown")
        taken = bench.hears(phone, "Le escucho.")
        phone.deliver(phone.status(taken, "delivered"))
        assert bench.outcomes() == [("delivered", None)] and len(phone.received()) == 1


def test_after_24_hours_the_agents_words_wait_for_the_person(start: Start) -> None:
    with start(whatsapp_reengagement_template="escribanos", idle_minutes=100_000) as bench:
        phone, desk = bench.phone(), None
        bench.engine.will(offers("Le comunico.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
        phone.says("una persona")
        bench.hears(phone, "Le comunico")
        until(lambda: bench.conversation(phone).state is State.QUEUED)
        desk, conversation = bench.desk(), bench.conversation(phone)
        desk.act(conversation.id, "take")
        bench.hears(phone, "Le atiende Alejandra")
        bench.passes_to(THURSDAY + timedelta(hours=25))
        bench.desk().act(conversation.id, "messages", text="Ya tengo su respuesta")
        assert bench.hears(phone, "escribanos").type == "template"
        kept = next(one for one in bench.outbox.rows() if one.state == "kept")
        assert kept.error_code == 131047
        assert any("24 horas" in note.data["text"] for note in until(lambda: bench.events(phone, EventKind.NOTE)))
        phone.says("aquí estoy")
        assert bench.hears(phone, "Ya tengo su respuesta").type == "text"


def test_who_has_written_meanwhile_is_not_asked_to_write(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request waited for the morning, the person wrote at night and has the answer already."""
    monkeypatch.setattr(inbox_work, "SWEEP_SECONDS", 0.05)
    with start(whatsapp_reengagement_template="escribanos", idle_minutes=100_000) as bench:
        phone = bench.phone()
        bench.engine.will(offers("Le comunico.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
        phone.says("una persona")
        until(lambda: bench.conversations(phone) and bench.conversation(phone).state is State.QUEUED)
        conversation = bench.conversation(phone)
        bench.desk().act(conversation.id, "take")
        bench.hears(phone, "Le atiende Alejandra")
        night = THURSDAY.replace(hour=22) + timedelta(days=1)
        bench.passes_to(night)
        bench.desk().act(conversation.id, "messages", text="Ya tengo su respuesta")
        until(lambda: ("kept", 131047) in bench.outcomes())
        phone.says("aquí estoy")
        bench.hears(phone, "Ya tengo su respuesta")
        bench.passes_to(night + timedelta(hours=11))
        until(lambda: bench.outcomes()[-1] == ("failed", None) or "failed" in [state for state, _ in bench.outcomes()])
        assert all(one.type != "template" for one in phone.received())


def test_meta_may_close_the_window_by_itself(bench: Bench) -> None:
    phone = bench.phone()
    phone.says("hola")
    message = bench.hears(phone, "Le escucho.")
    phone.deliver(phone.status(message, "failed", 131047))
    until(lambda: bench.outcomes()[0] == ("kept", 131047))
    phone.says("sigo aquí")
    until(lambda: sum("Su folio es" in one.text for one in phone.received()) == 2)


def test_people_are_served_side_by_side_and_each_in_order(bench: Bench) -> None:
    one, other = bench.phone(1), bench.phone(2)
    words = [f"mensaje {number}" for number in range(6)]
    for text in words:
        assert one.says(text).status_code == 200 and other.says(text).status_code == 200
    until(lambda: bench.inbox().count("done") == 12)
    for phone in (one, other):
        said = [line for line in bench.transcript(phone) if line.startswith("user: ")]
        assert said == [f"user: {text}" for text in words]
        assert len(bench.conversations(phone)) == 1


def test_an_emergency_in_the_first_words_gets_911(bench: Bench) -> None:
    phone = bench.phone()
    phone.says("mi mamá no respira")
    bench.hears(phone, "911")
    assert bench.engine.turns == []
    until(lambda: bench.events(phone, EventKind.EMERGENCY))


def test_the_agents_reply_and_the_survey_reach_the_person(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(offers("Le comunico.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
    phone.says("quiero hablar con alguien")
    until(lambda: bench.conversations(phone) and bench.conversation(phone).state is State.QUEUED)
    conversation, desk = bench.conversation(phone), bench.desk()
    desk.act(conversation.id, "take")
    bench.hears(phone, "Le atiende Alejandra")
    desk.act(conversation.id, "messages", text="Buenas tardes, dígame")
    bench.hears(phone, "Buenas tardes, dígame")
    phone.says("gracias")
    until(lambda: "user: gracias" in bench.transcript(phone))
    desk.act(conversation.id, "close", topics=["hablar_con_agente"])
    bench.hears(phone, "¿se resolvió su duda?")


def test_after_the_close_a_new_message_opens_a_new_conversation(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(Answered.model_validate({"replies": (Reply(text="Adiós."),), "outcome": Finish()}))
    phone.says("adiós")
    bench.hears(phone, "Gracias por comunicarse")
    phone.says("otra vez yo")
    bench.hears(phone, "Le escucho.")
    first, second = bench.conversations(phone)
    assert first.is_closed and not second.is_closed and first.folio != second.folio


def test_a_session_ends_after_24_hours(start: Start) -> None:
    with start(idle_minutes=100_000) as bench:
        phone = bench.phone()
        phone.says("hola")
        bench.hears(phone, "Le escucho.")
        bench.passes_to(THURSDAY + timedelta(hours=24, minutes=1))
        phone.says("hola de nuevo")
        until(lambda: len(bench.conversations(phone)) == 2)
        first, second = bench.conversations(phone)
        assert (first.state, first.end, second.is_closed) == (State.CLOSED, "timeout", False)


def test_who_hides_the_number_is_answered_by_the_user_id(bench: Bench) -> None:
    phone = bench.phone(3, user_id="MX.aB3xY12345678901", hides_number=True)
    phone.says("hola")
    assert bench.hears(phone, "Le escucho.").to == phone.user_id
    assert bench.conversation(phone).origin == phone.user_id
    shown = Phone(bench.graph, bench.webhook, APP_SECRET, number="5215500000003", user_id=phone.user_id)
    shown.says("y ahora con número")
    until(lambda: len(bench.engine.turns) == 2)
    assert len(bench.conversations(phone)) == 1, "the same person"


def test_baja_is_obeyed_and_answered(bench: Bench) -> None:
    phone = bench.phone()
    phone.says("Baja")
    bench.hears(phone, "ya no le enviaremos avisos")
    assert bench.users.has_opted_out(bench.user(phone)) and bench.engine.turns == []
    assert "user: Baja" in bench.transcript(phone)


def test_darse_de_baja_is_a_request_in_a_conversation_and_an_answer_to_a_notice(bench: Bench) -> None:
    phone, other = bench.phone(1), bench.phone(2)
    phone.says("hola")
    bench.hears(phone, "Le escucho.")
    phone.says("Darme de baja")
    until(lambda: [turn.text for turn in bench.engine.turns] == ["hola", "Darme de baja"])
    assert not bench.users.has_opted_out(bench.user(phone))
    other.says("darme de baja")
    bench.hears(other, "ya no le enviaremos avisos")
    assert bench.users.has_opted_out(bench.user(other))


def test_baja_said_to_a_person_is_an_answer(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(offers("Le comunico.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
    phone.says("una persona")
    until(lambda: bench.conversations(phone) and bench.conversation(phone).state is State.QUEUED)
    bench.desk().act(bench.conversation(phone).id, "take")
    bench.hears(phone, "Le atiende")
    phone.says("baja")
    until(lambda: "user: baja" in bench.transcript(phone))
    assert not bench.users.has_opted_out(bench.user(phone))


def test_a_text_longer_than_the_conversation_takes_is_kept_whole(bench: Bench) -> None:
    phone = bench.phone()
    words = " ".join(f"palabra{number}" for number in range(260))
    phone.says(words)
    until(lambda: bench.inbox() == ["done"])
    said = [line.removeprefix("user: ") for line in bench.transcript(phone) if line.startswith("user: ")]
    assert len(said) == 2 and " ".join(said) == words


def test_a_burst_is_slowed_down_to_metas_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(whatsapp_sender.time, "monotonic", lambda: moment)
    monkeypatch.setattr(whatsapp_sender, "SECONDS_PER_MESSAGE", 6.0)
    pace, went = whatsapp_sender.Pace(), []
    for _ in range(20):
        moment += pace.seconds_to_wait(1)
        pace.sent(1)
        went.append(moment)
    assert went[whatsapp_sender.BURST - 1] == 1000.0
    slow = went[whatsapp_sender.BURST - 1 :]
    later = [after - before for before, after in pairwise(slow)]
    assert all(pause == pytest.approx(6.0) for pause in later)
    assert pace.seconds_to_wait(2) == 0.0


def test_people_who_were_not_written_to_for_a_while_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(whatsapp_sender.time, "monotonic", lambda: moment)
    pace = whatsapp_sender.Pace()
    for person in range(500):
        pace.sent(person)
        moment += 1.0
    assert len(pace._left) <= whatsapp_sender.BURST * whatsapp_sender.SECONDS_PER_MESSAGE
