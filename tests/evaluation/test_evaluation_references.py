"""Suites that name what nobody knows are refused, and never counted against the bot or the infrastructure."""

from pathlib import Path

import pytest

from content.catalogue import Catalogue
from evaluation.references import check_references
from evaluation.suite import SuiteError, find_suites, read_suite
from sandbox.population import build_people

ROOT = Path(__file__).resolve().parents[2]
PEOPLE_IDS = {"P1"}
GOOD = """
campaign: cita_medica
cases:
  - {id: uno, title: t, persona: P1, steps: [{say: "{nss}"}], expect: {outcome: resolved, topic: que_llevar}}
"""


def refusal(*paths: Path) -> str:
    with pytest.raises(SuiteError) as refused:
        check_references([(path, read_suite(path)) for path in paths], Catalogue(ROOT), PEOPLE_IDS)
    return str(refused.value)


def test_the_suites_of_the_repository_name_what_is_there() -> None:
    people = {person.id for person in build_people(1)}
    for folder in ("suites", "suites-voice"):
        suites = [(path, read_suite(path)) for path in find_suites([ROOT / "evaluation" / folder])]
        check_references(suites, Catalogue(ROOT), people)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("campaign: cita_medica", "campaign: cita_medcia", "campaign: no hay un asistente «cita_medcia»"),
        ("P1", "P999", "caso «uno» > persona: no hay una persona «P999»"),
        ("que_llevar", "que_yevar", "caso «uno» > expect > topic: ningún asistente tiene el tema «que_yevar»"),
        ("que_llevar", "que_llevar, campaign: nadie", "caso «uno» > expect > campaign: no hay una campaña «nadie»"),
        ("persona: P1, ", "", "caso «uno» > steps: «{nss}» necesita una persona"),
        ("{nss}", "{nombre}", "caso «uno» > steps: «{nombre}» no es un dato"),
    ],
)
def test_a_slip_is_named_with_file_case_and_field(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    path = tmp_path / "suite.yml"
    path.write_text(GOOD)
    check_references([(path, read_suite(path))], Catalogue(ROOT), PEOPLE_IDS)
    path.write_text(GOOD.replace(right, wrong))
    assert refusal(path).startswith(f"{path}, {told}")


def test_two_files_of_one_campaign_share_no_case(tmp_path: Path) -> None:
    """Else one result would replace the other, and the run would never be complete."""
    paths = [tmp_path / name for name in ("a.yml", "b.yml")]
    for path in paths:
        path.write_text(GOOD)
    assert refusal(*paths) == f"{paths[1]}, caso «uno» > id: ya está en {paths[0]}"
    assert find_suites([tmp_path, paths[1], tmp_path / "." / "a.yml"]) == paths, "each file once"
