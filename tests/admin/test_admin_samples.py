"""Drawing a month's sample."""

import pytest
from admin_room import LogIn, Room
from synthetic_months import MONTH, OPENED, add_interactions

from conversation.message import Channel
from evaluation.quality.sampling import draw

DRAW = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "size": "5", "seed": "7"}
SAMPLE = f"/admin/samples/derechohabiente/webchat/{MONTH}"


def test_the_draw_is_recorded_with_its_seed(room: Room, log_in: LogIn) -> None:
    folios = add_interactions(room.record, 12)
    add_interactions(room.record, 3, channel=Channel.VOICE)
    add_interactions(room.record, 3, "cita_medica")
    answer = log_in("eva").post("/admin/samples", DRAW)
    assert (answer.status_code, answer.headers["location"]) == (303, SAMPLE)
    sample = room.ledger.sample("derechohabiente", Channel.WEBCHAT, MONTH)
    assert sample is not None
    assert sample.folios == draw(folios, 5, 7)
    assert (sample.seed, sample.size, sample.drawn_by) == (7, 5, "eva")
    page = log_in("carla").get(SAMPLE).text
    assert all(folio in page for folio in sample.folios)
    assert "semilla 7" in page


def test_a_month_is_drawn_once(room: Room, log_in: LogIn) -> None:
    add_interactions(room.record, 8)
    eva = log_in("eva")
    eva.post("/admin/samples", DRAW)
    answer = eva.post("/admin/samples", {**DRAW, "seed": "8"})
    assert answer.status_code == 422
    assert "ya se sorteó" in answer.text
    assert room.ledger.samples()[0].seed == 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"campaign": ""}, "Elija una campaña"),
        ({"campaign": "inventada"}, "Su cuenta no tiene la campaña"),
        ({"channel": "fax"}, "Elija un canal"),
        ({"month": "10/2026"}, "AAAA-MM"),
        ({"month": "2026-13"}, "AAAA-MM"),
        ({"month": "2026-11"}, "Noviembre de 2026 no ha terminado"),
        ({"month": "2026-09"}, "No hay interacciones cerradas de esa campaña y ese canal en septiembre de 2026"),
        ({"size": "cien"}, "de 1 a 1000"),
        ({"size": "0"}, "de 1 a 1000"),
        ({"seed": "-1"}, "hasta 15 cifras"),
    ],
)
def test_wrong_input_says_what_to_do_and_keeps_the_rest(
    room: Room, log_in: LogIn, change: dict[str, str], said: str
) -> None:
    add_interactions(room.record, 3, since=OPENED)
    answer = log_in("eva").post("/admin/samples", {**DRAW, **change})
    assert said in answer.text
    assert room.ledger.samples() == []
    if answer.status_code == 403:
        return
    assert answer.status_code == 422
    kept = {**DRAW, **change}
    assert all(f'value="{kept[name]}"' in answer.text for name in ("month", "size", "seed"))


def test_other_campaigns_samples_are_out_of_sight(room: Room, log_in: LogIn) -> None:
    add_interactions(room.record, 4)
    log_in("eva").post("/admin/samples", DRAW)
    enzo = log_in("enzo")
    assert SAMPLE not in enzo.get("/admin/samples").text
    assert enzo.get(SAMPLE).status_code == 403
    assert SAMPLE in log_in("elias").get("/admin/samples").text


def test_an_address_without_a_sample_says_so(room: Room, log_in: LogIn) -> None:
    eva = log_in("eva")
    for path in (SAMPLE, "/admin/samples/derechohabiente/fax/2026-10", f"{SAMPLE}/VEN-20261015-0000001-5"):
        answer = eva.get(path)
        assert answer.status_code == 404
        assert "No se encontró" in answer.text
