"""How large a request may be, door by door: most take little, and say so clearly."""

from collections.abc import Callable, Iterator

import pytest
from guarded_house import House

from ledger.attachments import MAX_BYTES
from server.body_limits import LARGER, TOO_LARGE, USUAL, most_of

OpenHouse = Callable[..., House]
PDF = b"%PDF-1.7\n"


def test_only_doors_that_take_files_or_long_texts_take_much(house: House) -> None:
    found = {door.path for door in house.doors() if door.changes and most_of(door.filled()) > USUAL}
    assert found == {
        "/api/v1/conversations/{conversation_id}/attachments", "/desk/api/conversations/{conversation_id}/attachments",
        "/whatsapp/webhook", "/chatwoot/webhook",
    } | {path for path in found if path.startswith("/admin/content/")}  # fmt: skip
    assert all(
        any(pattern.fullmatch(path.replace("{conversation_id}", "1")) for path in found) for pattern, _ in LARGER
    )


@pytest.mark.parametrize(
    "path", ["/api/v1/campaigns/derechohabiente/conversations", "/desk/login", "/admin/login", "/nada"]
)
def test_what_is_too_large_is_told_so_before_it_is_read(house: House, path: str) -> None:
    answer = house.stranger.post(path, content=b"x" * (USUAL + 1))
    assert (answer.status_code, answer.json()) == (413, {"error": "body_too_large", "detail": TOO_LARGE})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_body_without_an_announced_length_is_counted_as_it_comes(house: House) -> None:
    citizen = house.opens()

    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b" " * USUAL

    answer = house.stranger.post(f"{citizen.path}/messages", content=pieces(), headers=citizen.bearer)
    assert (answer.status_code, answer.json()["detail"]) == (413, TOO_LARGE)


def test_what_a_door_takes_still_fits(house: House) -> None:
    citizen = house.opens()
    said = house.says(citizen, "ñ" * 2000)
    assert said.status_code == 200, said.text
    largest = PDF + b"\0" * (MAX_BYTES - len(PDF))
    files = {"file": ("grande.pdf", largest, "application/pdf")}
    kept = house.stranger.post(f"{citizen.path}/attachments", files=files, headers=citizen.bearer)
    assert kept.status_code == 200, kept.text
    files = {"file": ("mayor.pdf", largest + b"\0" * 20_000, "application/pdf")}
    refused = house.stranger.post(f"{citizen.path}/attachments", files=files, headers=citizen.bearer)
    assert (refused.status_code, refused.json()["error"]) == (413, "file_too_large")
