"""Reminders of appointments: the command fills the outbox, the channel sends by day, answers find their dialogue."""

import subprocess
import sys
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from live_application import until
from scripted_dialogue import KEY
from whatsapp_bench import ROOT, THURSDAY, Bench, Start

from conversation.conversation import State
from conversation.handoff import HandoffReason
from conversation.message import Reply
from conversation.ports import Answered, HandOff
from ledger import inbox_work
from server import whatsapp_command

pytest_plugins = ("whatsapp_fixtures",)
HEADER = "telefono,nss,fecha_nacimiento,cita_id,servicio,inicio,consultorio,umf"


def line(cita: str = "cita-1", inicio: str = "2026-10-20T09:00:00-06:00", telefono: str = "5500000001") -> str:
    return f"{telefono},00058500018,1985-03-12,{cita},MEDICINA_FAMILIAR,{inicio},07,UMF 901"


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run the command over some lines; what it says."""

    def asked(*lines: str, dry_run: bool = False, now: datetime = THURSDAY) -> str:
        file = tmp_path / "citas.csv"
        file.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        arguments = Namespace(verb="send-confirmations", file=file, template="confirmar_cita", dry_run=dry_run)
        status = whatsapp_command.run(arguments, f"sqlite:///{tmp_path / 'ledger.db'}", KEY, lambda: now)
        said = capsys.readouterr()
        return f"{status}\n{said.out}{said.err}"

    return asked


@pytest.fixture(autouse=True)
def swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_work, "SWEEP_SECONDS", 0.05)


def test_the_template_says_what_the_contract_wants_and_goes_once(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone(user_id=None)
    assert "se enviaría" in ask(line(), dry_run=True)
    assert "en la bandeja" in ask(line()) and "ya se le preguntó" in ask(line())
    sent = bench.hears(phone, "confirmar_cita")
    body, *buttons = sent.content["components"]
    assert [one["text"] for one in body["parameters"]] == ["20/10/2026", "09:00", "07", "UMF 901"]
    assert [one["parameters"][0]["payload"] for one in buttons] == ["reminder:yes:1", "reminder:no:1"]
    assert sent.content["language"] == {"code": "es_MX"}


def test_yes_opens_the_appointments_dialogue_with_what_it_needs(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line("cita-2", "2026-10-22T09:00:00-06:00"), line("cita-1"))
    until(lambda: len(phone.received()) == 2)
    phone.says("Sí, confirmo")
    bench.hears(phone, "Le escucho.")
    conversation, (turn,) = bench.conversation(phone), bench.engine.turns
    assert (conversation.campaign, turn.text) == ("cita_medica", "Sí, confirmo")
    assert turn.facts["pending"]["name"] == "confirm:cita-1", "the nearest one"
    assert turn.facts["nss"] == "00058500018" and turn.facts["task"] == "confirmar_cita"


def test_a_tapped_button_means_its_own_appointment(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line("cita-1"), line("cita-2", "2026-10-22T09:00:00-06:00"))
    until(lambda: len(phone.received()) == 2)
    later = phone.received()[1].content["components"][2]["parameters"][0]["payload"]
    phone.deliver(phone.message("button", {"text": "No", "payload": later}))
    bench.hears(phone, "Le escucho.")
    assert bench.engine.turns[0].facts["pending"]["name"] == "confirm:cita-2"
    assert bench.engine.turns[0].text == "No"


def test_a_button_tapped_while_a_person_attends_is_said_to_the_person(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line())
    until(phone.received)
    hand_off = {"replies": (Reply(text="Le comunico."),), "outcome": HandOff(reason=HandoffReason.USER_REQUEST)}
    bench.engine.will(Answered.model_validate(hand_off))
    phone.says("¿qué es esto?")
    phone.says("una persona")
    until(lambda: bench.conversations(phone) and bench.conversation(phone).state is State.QUEUED)
    phone.deliver(phone.message("button", {"text": "Sí", "payload": "reminder:yes:1"}))
    until(lambda: "user: Sí" in bench.transcript(phone))
    assert len(bench.conversations(phone)) == 1 and bench.conversation(phone).state is State.QUEUED


def test_other_words_are_explained_once_and_then_are_the_bots(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line())
    until(phone.received)
    phone.says("¿qué cita?")
    assert "20/10/2026 a las 09:00" in bench.hears(phone, "Responda «sí»").text
    phone.says("quiero otra cosa")
    bench.hears(phone, "Le escucho.")
    assert [turn.text for turn in bench.engine.turns] == ["quiero otra cosa"]


def test_an_emergency_is_not_held_up_by_a_reminder(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line())
    until(phone.received)
    phone.says("mi hijo no respira")
    bench.hears(phone, "911")


def test_after_the_appointment_it_is_past(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line(inicio="2026-10-15T10:30:00-06:00"))
    until(phone.received)
    bench.passes_to(THURSDAY + timedelta(hours=2))
    phone.says("sí")
    bench.hears(phone, "Esa cita ya pasó")
    assert bench.engine.turns == []


def test_nobody_is_written_to_at_night(start: Start, ask) -> None:  # type: ignore[no-untyped-def]
    with start(clock_start=THURSDAY.replace(hour=22)) as bench:
        phone = bench.phone()
        ask(line())
        phone.says("hola")
        bench.hears(phone, "Responda «sí»")
        assert all(one.type != "template" for one in phone.received()), "what was asked for goes, templates wait"
        bench.passes_to(THURSDAY + timedelta(days=1))
        bench.hears(phone, "confirmar_cita")


def test_an_answer_at_night_is_heard(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    ask(line())
    until(phone.received)
    bench.passes_to(THURSDAY.replace(hour=22))
    phone.says("sí")
    bench.hears(phone, "Le escucho.")
    assert [turn.text for turn in bench.engine.turns] == ["sí"]


def test_who_said_baja_is_left_alone(bench: Bench, ask) -> None:  # type: ignore[no-untyped-def]
    phone = bench.phone()
    phone.says("baja")
    bench.hears(phone, "ya no le enviaremos")
    assert "pidió «baja»" in ask(line())


def test_what_waited_for_the_morning_does_not_go_to_who_said_baja_meanwhile(start: Start, ask) -> None:  # type: ignore[no-untyped-def]
    with start(clock_start=THURSDAY.replace(hour=22)) as bench:
        phone = bench.phone()
        ask(line())
        phone.says("baja")
        bench.hears(phone, "ya no le enviaremos")
        bench.passes_to(THURSDAY + timedelta(days=1))
        until(lambda: "failed" in [state for state, _ in bench.outcomes()])
        assert all(one.type != "template" for one in phone.received())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (line(telefono="123"), "línea 3, columna «telefono»"),
        (line(inicio="2026-10-20T09:00:00"), "falta el desfase"),
        (line(inicio="mañana"), "columna «inicio»"),
    ],
)
def test_a_wrong_file_is_named_and_nothing_of_it_used(ask, wrong: str, named: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    said = ask(line(), wrong)
    assert said.startswith("2") and named in said and "00058500018" not in said
    assert not (tmp_path / "ledger.db").exists()


def test_a_half_set_up_channel_refuses_to_start() -> None:
    environment = {"VENTANILLA_LEDGER_KEY": KEY, "VENTANILLA_SESSION_SECRET": "x" * 40}
    half = {**environment, "VENTANILLA_WHATSAPP_TOKEN": "x", "VENTANILLA_WHATSAPP_PHONE_ID": "1"}
    refused = subprocess.run(
        [sys.executable, "-m", "server.web"], cwd=ROOT, env=half, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 2
    assert "VENTANILLA_WHATSAPP_APP_SECRET, VENTANILLA_WHATSAPP_VERIFY_TOKEN: missing" in refused.stderr
