"""Erasing: by order of two people, in every medium, with an acta; what a crash or a backup brings back goes again."""

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from kept_installation import BY, OPENED, PASSWORDS, Installation

from admin.accounts import AdminAccounts, Role
from ledger.recording_evidence import recording_findings
from ledger.verification import verify
from voice.recording_keys import KeyMissing


def test_what_is_due_goes_from_every_medium_by_order_of_two_people(place: Installation) -> None:
    first, second, later = place.call(), place.call(), place.call(opened=OPENED + timedelta(days=4000))
    files = [place.media.recordings.path(one) for folio in (first, second) for one in place.media.recordings.of(folio)]
    backup = files[0].read_bytes()
    place.settle()
    place.agree()
    assert place.retention("run", *BY) == 0
    assert not any(path.exists() for path in files) and place.media.recordings.of(later)
    assert len(list(place.media.attachments.glob("*.bin"))) == 1
    assert "cita_medica_2025-03" not in place.media.recordings.keys.names()
    files[0].write_bytes(backup)
    with pytest.raises(KeyMissing):  # a backup that comes back is noise
        place.media.recordings.keys.find("cita_medica_2025-03")
    files[0].unlink()
    database = b"".join(path.read_bytes() for path in (place.root / "var").glob("ledger.db*"))
    assert b"receta" in database, "the later one is still there"
    assert verify(place.media.engine, place.media.vault).is_sound
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings")) == []
    reason = {one.reason for one in place.media.log.entries() if one.action in ("erased", "erasure_authorised")}
    assert reason == {"Oficio 12/2026 de la campaña"}
    assert place.lines("erasure_authorised", "erased") == [
        ("erasure_authorised", "tecla", "area_tecnica", "cita_medica/2025-03", "done"),
        ("erased", "otto", "operacion_proveedor", "cita_medica/2025-03: 2 interacciones", "done"),
    ]
    assert place.media.log.verify().problem is None


def test_the_acta_says_what_was_done_and_names_nobody(place: Installation) -> None:
    folios = sorted([place.call(), place.call()])
    place.settle()
    place.agree()
    assert place.retention("run", *BY) == 0
    acta = place.acta()
    assert (acta["interacciones"], acta["grabaciones"], acta["archivos_recibidos"], acta["originales_cifrados"]) == (
        2, 2, 2, 2,
    )  # fmt: skip
    assert (acta["autorizo"], acta["ejecuto"]) == ("area_tecnica", "operacion_proveedor")
    assert acta["llaves_destruidas"] == ["cita_medica_2025-03"] and acta["base_compactada"] is True
    assert acta["verificacion"] == {"revisadas": 2, "legibles": []}
    assert acta["folios_sha256"] == hashlib.sha256("\n".join(folios).encode()).hexdigest()
    said = {name: value for name, value in acta.items() if name != "sha256"}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert acta["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert not any(folio in json.dumps(acta) for folio in folios) and "tecla" not in json.dumps(acta)
    [document] = (place.root / "var" / "erasures").glob("*.pdf")
    assert document.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "passwords", "said"),
    [
        (["--authorised-by", "otto", "--executed-by", "tecla", "--reason", "x" * 20], {}, "corresponde a Área técnica"),
        (["--authorised-by", "tecla", "--executed-by", "tecla", "--reason", "x" * 20], {}, "Operación del proveedor"),
        (BY, {"otto": "no es esta"}, "o su contraseña no es correcta"),
        (["--authorised-by", "tecla", "--executed-by", "otto", "--reason", "corto"], {}, "Diga el motivo"),
        (["--authorised-by", "tecla", "--reason", "x" * 20], {}, "Falta quién"),
    ],
)
def test_an_order_that_is_not_in_order_erases_nothing(
    place: Installation, words: list[str], passwords: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folio = place.call()
    place.settle()
    place.agree()
    assert place.retention("run", *words, passwords=passwords) == 2
    assert said in capsys.readouterr().err
    assert place.media.recordings.of(folio)


def test_one_person_with_both_roles_is_still_one(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    accounts = AdminAccounts(place.root / "var" / "admin_accounts.yml")
    accounts.add("tecla", "Tecla", PASSWORDS["tecla"], (Role.TECHNICAL_AREA, Role.PROVIDER_OPERATIONS), ("*",))
    words = ["--authorised-by", "tecla", "--executed-by", "tecla", "--reason", "x" * 20]
    assert place.erase(place.call(), *words) == 2
    assert "Autoriza una persona y ejecuta otra" in capsys.readouterr().err


def test_one_interaction_is_erased_on_request(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    folio, other = place.call(), place.call()
    assert place.erase(folio, *BY) == 1 and "no está liquidado" in capsys.readouterr().out
    place.settle()
    assert place.erase(folio, *BY) == 0
    assert place.erase(folio, *BY) == 1 and "ya se había borrado" in capsys.readouterr().out
    assert place.erase("VEN-20250310-0000099-1", *BY) == 1
    assert not place.media.recordings.of(folio) and place.media.recordings.of(other)
    assert place.media.recordings.keys.names() == ("cita_medica_2025-03",), "the other one is under it"
    told = place.lines("erasure_authorised", "erased")
    assert [(action, actor, result) for action, actor, _, _, result in told[2:4]] == [
        ("erasure_authorised", "tecla", "done"), ("erased", "otto", "done"),
    ]  # fmt: skip
    [line] = [one for one in place.media.log.entries(folio=folio, action="erased") if one.result == "done"]
    assert line.before_sha256 and line.after_sha256 and line.before_sha256 != line.after_sha256
    assert [result for *_, result in told] == ["done", "failed", "done", "done", "done", "failed", "done", "failed"]


def test_what_a_crash_left_between_ledger_and_files_goes_with_the_next_run(place: Installation) -> None:
    first, second = place.call(), place.call()
    place.settle()
    place.agree()
    [entry] = place.media.recordings.of(first)
    content = place.media.recordings.path(entry).read_bytes()
    assert place.erase(first, *BY) == 0
    place.media.recordings.path(entry).write_bytes(content)
    with (place.root / "var" / "recordings" / "index.jsonl").open("a", encoding="utf-8") as index:
        index.write(entry.model_dump_json() + "\n")
    assert place.media.recordings.of(first)
    assert place.erase(second, *BY) == 0
    assert not place.media.recordings.of(first) and not place.media.recordings.path(entry).exists()


def test_a_restored_backup_is_erased_again(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    folio, kept = place.call(), place.call()
    path, before = place.root / "var" / "ledger.db", place.root / "before.db"
    place.settle()
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(before)) as backup:
        now.backup(backup)
    assert place.erase(folio, *BY) == 0
    place.media.engine.dispose()
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(before)) as backup:
        backup.backup(now)
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings", folio)), "it seems lost"
    capsys.readouterr()
    assert place.retention("reapply") == 0
    assert "Borradas: 1 interacciones" in capsys.readouterr().out
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings")) == []
    assert verify(place.media.engine, place.media.vault).is_sound and place.media.recordings.of(kept)
    with place.media.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT folio FROM events WHERE secret IS NOT NULL").scalars().all()
    assert left == [kept]
    assert place.retention("reapply") == 0 and "Borradas: 0 interacciones" in capsys.readouterr().out


def test_a_broken_interaction_stays_as_proof_and_the_others_go(
    place: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, whole = place.call(), place.call()
    place.settle()
    place.agree()
    with place.media.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET level = 'x' WHERE folio = ? AND position = 1", (broken,))
    assert place.retention("run", *BY) == 1
    assert f"{broken} no se borró: su evidencia está alterada" in capsys.readouterr().out
    assert place.media.recordings.of(broken) and not place.media.recordings.of(whole)
