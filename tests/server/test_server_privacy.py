"""After a whole conversation no identifier is readable anywhere: not in the log, not in a file (security.md §19 (1)).

Everything that people can write is written with a synthetic person's data in it, by the citizen and by staff.
"""

import logging
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from guarded_house import Citizen, House

OpenHouse = Callable[..., House]
NSS, CURP, TELEPHONE, MAIL = "00058500018", "EAML850312MDFNSC09", "5500001234", "lucia.estrada@correo.example"
IDENTIFIERS = (NSS, CURP, TELEPHONE, MAIL)
WORDS = f"Mi NSS es {NSS}, mi CURP {CURP}, mi teléfono {TELEPHONE} y mi correo {MAIL}"


def sends(client: TestClient, path: str, **options: Any) -> Any:
    answer = client.post(path, **options)
    assert answer.status_code < 400, f"{path}: {answer.text}"
    return answer


def whole_conversation(house: House) -> Citizen:
    """Words for the bot, a queue, a person, a note, a transfer, a copy, a close; staff repeat identifiers, too."""
    citizen = house.opens()
    api, desk = house.stranger, house.at_the_desk("alejandra")
    for text in (WORDS, f"quiero hablar con una persona, {NSS}"):
        sends(api, f"{citizen.path}/messages", json={"text": text}, headers=citizen.bearer)
    of_desk = f"/desk/api/conversations/{citizen.id}"
    sends(desk, f"{of_desk}/take")
    sends(desk, f"{of_desk}/messages", json={"text": f"Su NSS es {NSS} y su CURP {CURP}."})
    sends(api, f"{citizen.path}/messages", json={"text": WORDS}, headers=citizen.bearer)
    sends(desk, f"{of_desk}/notes", json={"text": f"{NSS} {CURP}"})
    sends(desk, f"{of_desk}/history", json={"nss": NSS})
    sends(desk, f"{of_desk}/history", json={"telephone": TELEPHONE})
    sends(desk, "/desk/api/staff-messages", json={"text": f"¿Quién conoce el NSS {NSS}, CURP {CURP}?"})
    sends(api, f"{citizen.path}/transcript-mails", json={"to": MAIL}, headers=citizen.bearer)
    topic = desk.get(of_desk).json()["topics"][0]["id"]
    sends(desk, f"{of_desk}/close", json={"topics": [topic], "note": f"NSS {NSS}, CURP {CURP}"})
    return citizen


def odd_doors(house: House) -> None:
    """Identifiers where they do not belong: refused bodies, wrong tokens, log-ins."""
    citizen = house.opens()
    house.stranger.post(f"{citizen.path}/messages", json={"nss": NSS, "text": ""}, headers=citizen.bearer)
    house.stranger.post(f"{citizen.path}/messages", json={"text": CURP}, headers={"Authorization": f"Bearer {NSS}"})
    house.stranger.post("/api/v1/campaigns/derechohabiente/conversations", json={"origin": [CURP]})
    house.stranger.post("/whatsapp/webhook", content=NSS.encode())


@pytest.fixture
def told(open_house: OpenHouse, caplog: pytest.LogCaptureFixture) -> tuple[House, Citizen, str]:
    """A house after such a conversation, and all that it logged, at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    house = open_house()
    citizen = whole_conversation(house)
    odd_doors(house)
    lines = [f"{one.getMessage()} {one.exc_info or ''}" for one in caplog.records if one.name.split(".")[0] in OURS]
    return house, citizen, "\n".join(lines)


OURS = ("channels", "conversation", "desk", "dialogue", "ledger", "server", "admin", "content", "sqlalchemy", "uvicorn")


def test_no_identifier_is_readable_in_the_log_or_in_any_file(told: tuple[House, Citizen, str]) -> None:
    house, citizen, log = told
    for identifier in IDENTIFIERS:
        assert identifier not in log
    house.database.dispose()
    files = [one for one in house.folder.rglob("*") if one.is_file()]
    assert any(one.name.startswith("ledger.db") for one in files)
    for file in files:
        content = file.read_bytes()
        for identifier in IDENTIFIERS:
            for spelt in (identifier.encode(), identifier.lower().encode(), identifier.encode("utf-16-le")):
                assert spelt not in content, f"{identifier} is readable in {file.name}"


def test_no_secret_is_in_the_log_or_in_the_database(told: tuple[House, Citizen, str]) -> None:
    house, citizen, log = told
    settings = house.settings
    secrets = [citizen.token, settings.ledger_key, settings.session_secret, settings.whatsapp_token,
               settings.whatsapp_app_secret, settings.chatwoot_webhook_secret,
               settings.captcha_secret or ""]  # fmt: skip
    house.database.dispose()
    content = b"".join(one.read_bytes() for one in house.folder.glob("ledger.db*"))
    for secret in secrets:
        assert secret not in log
        assert secret.encode() not in content


def test_no_identifier_is_readable_in_the_copy_of_the_conversation(told: tuple[House, Citizen, str]) -> None:
    house, citizen, _ = told
    for path in (citizen.path, f"{citizen.path}/transcript.txt"):
        copy = house.stranger.get(path, headers=citizen.bearer)
        assert copy.status_code == 200 and "*******0018" in copy.text
        assert not [one for one in IDENTIFIERS if one in copy.text]


def test_what_was_said_is_all_there_for_those_who_may_open_it(told: tuple[House, Citizen, str]) -> None:
    house, citizen, _ = told
    vault_opens = [one.secret for one in house.record.events(citizen.id) if one.secret is not None]
    assert len(vault_opens) >= 3, "the originals are kept, encrypted"
    texts = [message.text for message in house.record.messages(citizen.id)]
    assert any("*******0018" in text for text in texts)


def test_no_address_carries_an_identifier(house: House) -> None:
    """Look-ups are POST (ASVS 14.2.1): no path or query of the application asks for a person's datum."""
    for door in house.doors():
        assert not {"nss", "curp", "telefono", "telephone"} & set(door.path.strip("/").replace("{", "").split("/")) or (
            door.method == "POST"
        ), door
    assert uuid.UUID(house.opens().id).version == 4, "conversations cannot be guessed"
