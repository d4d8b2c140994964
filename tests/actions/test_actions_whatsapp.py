"""On WhatsApp no identifiers are asked for (L751), and a «sí» to a reminder confirms through the same dialogue."""

from datetime import datetime
from pathlib import Path

import pytest
from institution_bench import P1, Bench
from scripted_tracker import Dialogue, words
from test_actions_booking import offered

from channels.whatsapp_reminders import RemindedAppointment
from content.catalogue import BotSettings
from conversation.message import Channel


async def reminded(bench: Bench) -> tuple[Dialogue, RemindedAppointment]:
    """A dialogue on WhatsApp that starts from a reminder of an appointment that is booked."""
    booking = await offered(bench)
    await booking.chooses("offer:accept")
    kept = await bench.institution.appointments.of_person(P1, bench.interaction, datetime.fromisoformat(
        "2026-10-15T09:00:00-06:00"))  # fmt: skip
    cita = kept.citas[0]  # type: ignore[union-attr]
    appointment = RemindedAppointment(
        telefono="5500000001", nss=P1.nss, fecha_nacimiento=P1.fecha_nacimiento, cita_id=cita.cita_id,
        servicio=cita.servicio, inicio=cita.inicio, consultorio=cita.consultorio, umf=cita.umf,
    )  # fmt: skip
    dialogue = Dialogue(bench, channel=Channel.WHATSAPP)
    dialogue.facts = appointment.facts()
    return dialogue, appointment


async def test_on_whatsapp_the_nss_is_not_asked_for(bench: Bench) -> None:
    dialogue = Dialogue(bench, channel=Channel.WHATSAPP)
    answer = await dialogue.asks_to_book()
    assert "11 dígitos" not in words(answer) and "no le pido su NSS" in words(answer)
    document = answer.replies[-1].document
    assert document is not None and document.url == "/chat/cita_medica"
    assert dialogue.facts["pending"] is None and dialogue.facts["task"] is None


async def test_with_a_written_authorisation_it_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = bench.catalogue.settings("cita_medica").model_copy(update={"identifiers_on_whatsapp": True})
    monkeypatch.setattr(type(bench.catalogue), "settings", lambda self, campaign: settings)
    assert "11 dígitos" in words(await Dialogue(bench, channel=Channel.WHATSAPP).asks_to_book())


def test_no_campaign_asks_without_being_told_so(bench: Bench) -> None:
    for campaign in bench.catalogue.with_bot():
        found: BotSettings = bench.catalogue.settings(campaign.id)
        assert not found.identifiers_on_whatsapp


@pytest.mark.parametrize("said", ["sí", "SI", "Sí.", "si confirmo"])
async def test_yes_to_a_reminder_confirms(bench: Bench, said: str, tmp_path: Path) -> None:
    dialogue, appointment = await reminded(bench)
    answer = await dialogue.says(said, "afirmar", "action_continuar")
    assert "Su cita quedó confirmada" in words(answer) and appointment.consultorio in words(answer)
    assert bench.states() == ["SOLICITADA", "AGENDADA", "CONFIRMADA"]


async def test_no_to_a_reminder_cancels_nothing_and_says_how_to(bench: Bench) -> None:
    dialogue, _ = await reminded(bench)
    answer = await dialogue.says("no", "negar", "action_continuar")
    assert "puede cancelarla" in words(answer)
    assert bench.states() == ["SOLICITADA", "AGENDADA"]
