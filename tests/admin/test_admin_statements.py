"""Statements that were kept, and the payment policy both parties approve."""

import pytest
from admin_room import PASSWORD, POLICY, Browser, LogIn, Room
from kept_files import SERIES, keep_statement

from admin.accounts import Role
from evaluation.settlement.policy import read_policy


@pytest.fixture
def irene(room: Room, log_in: LogIn) -> Browser:
    """The institution's approver, with two versions of a statement."""
    keep_statement(room, 0, "primera")
    keep_statement(room, 1, "un dictamen")
    return log_in("irene")


def test_versions_are_listed_with_their_reasons(irene: Browser) -> None:
    page = irene.get("/admin/statements").text
    assert page.index("Versión 2") < page.index("Versión 1")
    assert "un dictamen" in page
    assert "Derechohabiente · octubre de 2026" in page
    assert "02/11/2026 09:00" in page, "central time"


def test_the_difference_of_two_versions(irene: Browser) -> None:
    page = irene.get(f"{SERIES}/difference?before=1&after=2").text
    row = page.split("Folios que cambiaron")[1]
    assert "VEN-0" in row
    assert "VEN-1" not in row
    assert "respuesta_incorrecta" in row
    assert "30.00" in page.split("Totales que cambiaron")[1]
    same = irene.get(f"{SERIES}/difference?before=1&after=1")
    assert (same.status_code, "elija dos versiones distintas" in same.text) == (422, True)
    assert irene.get(f"{SERIES}/difference?before=1&after=9").status_code == 404


def test_files_are_taken_home_and_nothing_else(room: Room, irene: Browser) -> None:
    answer = irene.get(f"{SERIES}/1/files/statement.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="liquidacion-2026-10-v1.csv"'
    assert "VEN-0" in answer.text
    assert irene.get(f"{SERIES}/1/files/version.json").json()["reason"] == "primera"
    for path in ("1/files/..%2F..%2Fversion.json", "3/files/statement.csv", "v0001/files/statement.csv", "1/files/x"):
        assert irene.get(f"{SERIES}/{path}").status_code == 404, path
    assert irene.get("/admin/statements/..%2F2026-10/derechohabiente/1/files/statement.csv").status_code == 404


def test_a_changed_file_is_not_passed_off_as_the_kept_one(room: Room, irene: Browser) -> None:
    kept = room.folders.statements / "2026-10" / "derechohabiente" / "v0002" / "statement.csv"
    kept.write_text(kept.read_text().replace("10.00", "99.00"))
    for path in (f"{SERIES}/2/files/statement.csv", f"{SERIES}/difference?before=1&after=2"):
        answer = irene.get(path)
        assert answer.status_code == 503
        assert "ya no es la que se guardó" in answer.text


def test_statements_of_all_campaigns_are_for_who_has_all_of_them(room: Room, irene: Browser) -> None:
    keep_statement(room, 0, "de todas", campaign=None)
    assert "Todas las campañas" in irene.get("/admin/statements").text
    room.accounts.add("irene", "Irene", PASSWORD, (Role.INSTITUTION_APPROVER,), ("cita_medica",))
    assert "octubre" not in irene.get("/admin/statements").text
    assert irene.get(f"{SERIES}/1/files/statement.csv").status_code == 404


def approve(browser: Browser, **change: str):
    page = browser.get("/admin/policy").text
    sha256 = page.split('name="policy_sha256" value="')[1].split('"')[0]
    form = {"policy_sha256": sha256, "role": "Titular de la coordinación", "password": PASSWORD, **change}
    return browser.post("/admin/policy/approvals", form)


def test_two_parties_make_the_policy_agreed(room: Room, log_in: LogIn) -> None:
    irene, pablo = log_in("irene"), log_in("pablo")
    page = irene.get("/admin/policy").text
    assert read_policy(POLICY).sha256() in page
    assert "PRELIMINAR" in page
    assert "user_hangup" in page
    assert "Espera la aprobación de su parte" in irene.get("/admin").text
    assert approve(irene).headers["location"] == "/admin/policy?saved=approval"
    page = irene.get("/admin/policy").text
    assert "La institución ya aprobó esta política" in page
    assert "PRELIMINAR" in page, "one approval alone is none (L2911)"
    assert approve(pablo, role="Director de operación").status_code == 303
    assert "ACORDADO" in pablo.get("/admin/policy").text
    text = room.folders.policy.read_text()
    assert text.startswith("# La política de prueba."), "the file keeps its comments"
    policy = read_policy(text)
    assert [(one.party, one.role) for one in policy.approvals] == [
        ("institucion", "Titular de la coordinación"), ("proveedor", "Director de operación"),
    ]  # fmt: skip
    assert policy.status() == "ACORDADO"


def test_what_was_read_is_what_is_approved(room: Room, log_in: LogIn) -> None:
    irene = log_in("irene")
    answer = approve(irene, policy_sha256="0" * 64)
    assert (answer.status_code, "cambió mientras usted la leía" in answer.text) == (422, True)
    for change, said in (
        ({"password": "otra"}, "La contraseña no es correcta"),
        ({"role": ""}, "Escriba el cargo"),
        ({"role": "=HYPERLINK()"}, "Escriba el cargo"),
    ):
        answer = approve(irene, **change)
        assert (answer.status_code, said in answer.text) == (422, True)
        assert PASSWORD not in answer.text
    assert 'value="=HYPERLINK()"' in answer.text, "what was typed is kept"
    assert room.folders.policy.read_text() == POLICY


def test_a_changed_policy_voids_approvals(room: Room, log_in: LogIn) -> None:
    irene = log_in("irene")
    approve(irene)
    approved = room.folders.policy.read_text()
    room.folders.policy.write_text(approved.replace("user_hangup: 0", "user_hangup: 30"))
    page = irene.get("/admin/policy").text
    assert "Sin efecto: era de otros ajustes" in page
    assert "Aprobar esta política" in page


def test_an_unreadable_policy_is_explained(room: Room, log_in: LogIn) -> None:
    irene = log_in("irene")
    room.folders.policy.write_text("user_hangup: 17\n")
    answer = irene.get("/admin/policy")
    assert answer.status_code == 503
    assert "user_hangup" in answer.text
    room.folders.policy.write_bytes(b"\xff\xfe")
    assert "UTF-8" in irene.get("/admin/policy").text
    assert "no se puede leer" in irene.get("/admin").text
    room.folders.policy.unlink()
    assert "no existe" in irene.get("/admin/policy").text
    assert "no se puede leer" in irene.get("/admin").text
