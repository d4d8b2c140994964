"""The synthetic people: identifiers, consistency, purpose, and the same people for the same seed."""

import json

import pytest
import stdnum.mx.curp
from hypothesis import given
from hypothesis import strategies as st
from sandbox_calls import PEOPLE
from stdnum import luhn

from sandbox import identifiers
from sandbox.command_line import main
from sandbox.population import build_people

# services.md §11, copied: id, NSS, agregado, birth, CURP
GIVEN = [
    "P1 00058500018 1F1985OR 1985-03-12 EAML850312MDFNSC09",
    "P2 00987900024 1M1979OR 1979-11-02 FIMR791102HJCCDL00",
    "P3 00109200030 1F1992OR 1992-07-25 QUSI920725MNLMMN09",
    "P4 00866800048 1M1968OR 1968-01-30 MABO680130HPLQCM01",
    "P5 00099000051 1F1990OR 1990-05-05 POEE900505MMCRJL06",
    "P6 00745500066 1F1955PE 1955-12-01 BOCA551201MVZSRM08",
    "P7 00200100071 1M2001OR 2001-04-18 EOPI010418HYNSLVA4",
    "P8 00038300083 1M1983OR 1983-08-08 TAPS830808HGTRRL05",
    "P9 00976000091 1F1960OR 1960-10-10 BOPR601010MSRRTS01",
    "P10 00159700103 1M1997OR 1997-02-20 CACH970220HQRLRG00",
]


@pytest.mark.parametrize("line", GIVEN)
def test_named_people_are_those_of_the_specification(line: str) -> None:
    person_id, nss, agregado, born, curp = line.split()
    person = PEOPLE.by_id(person_id)
    assert (person.nss, person.agregado, person.born.isoformat(), person.curp) == (nss, agregado, born, curp)


@pytest.mark.parametrize("line", GIVEN)
def test_the_invented_names_give_the_curps_of_the_specification(line: str) -> None:
    person = PEOPLE.by_id(line.split()[0])
    curp = person.curp
    assert identifiers.curp_for(person.name, person.born, person.sex, curp[11:13], curp[16]) == curp


def test_at_least_two_hundred_people_with_valid_identifiers() -> None:
    assert len(PEOPLE) >= 200
    for person in PEOPLE:
        assert person.nss.startswith("00") and luhn.is_valid(person.nss) and len(person.nss) == 11
        assert identifiers.is_curp(person.curp)
        assert stdnum.mx.curp.is_valid(person.curp), person.id
        assert identifiers.is_agregado(person.agregado)
        assert person.agregado[2:6] == str(person.born.year)
        assert person.curp[4:10] == person.born.strftime("%y%m%d")
        assert person.curp[10] == {"F": "M", "M": "H"}[person.sex]
        assert person.curp[16].isdigit() == (person.born.year < 2000)
        assert person.phone.startswith("550000") and len(person.phone) == 10


def test_people_are_told_apart() -> None:
    everybody = list(PEOPLE)
    for values in (
        [p.paciente_id for p in everybody],
        [p.curp for p in everybody],
        [p.phone for p in everybody],
    ):
        assert len(set(values)) == len(values)
    for person in everybody:
        assert PEOPLE.titular(person.nss) is not None
        assert sum(one.titular for one in PEOPLE.household(person.nss)) == 1


def test_a_sensible_share_has_no_rights_or_no_unit() -> None:
    titulares = [person for person in PEOPLE if person.titular]
    assert 0.02 < sum(not person.vigente for person in titulares) / len(titulares) < 0.2
    assert 0.02 < sum(not person.adscripcion_completa for person in titulares) / len(titulares) < 0.2
    assert {person.clinic.number for person in titulares} == {"901", "902", "903", "904", "905", "906"}


def test_same_seed_same_people_other_seed_other_people() -> None:
    again, other = build_people(1), build_people(2)
    assert list(again) == list(PEOPLE)
    assert [person.nss for person in other] != [person.nss for person in PEOPLE]
    assert [p.nss for p in list(other)[:13]] == [p.nss for p in list(PEOPLE)[:13]]


@pytest.mark.parametrize("seed", [2, 3, 77])
def test_other_seeds_are_valid_too(seed: int) -> None:
    for person in build_people(seed):
        assert identifiers.is_nss(person.nss) and identifiers.is_curp(person.curp), person.id


@pytest.mark.parametrize("text", ["00058500019", "0005850001", "000585000188", "0005850001a", "٠٠٠٥٨٥٠٠٠١٨", ""])
def test_wrong_nss(text: str) -> None:
    assert not identifiers.is_nss(text)


def test_curp_check_digit_counts_the_place_of_enye() -> None:
    assert identifiers.is_curp("XEXX010101HNEXXXA4")
    assert not identifiers.is_curp("XEXX010101HNEXXXA5")


@given(st.integers(0, 10), st.integers(1, 9), st.sampled_from([person.nss for person in PEOPLE]))
def test_one_wrong_digit_never_passes(place: int, shift: int, nss: str) -> None:
    digit = (int(nss[place]) + shift) % 10
    assert not identifiers.is_nss(nss[:place] + str(digit) + nss[place + 1 :])


def test_folios_of_the_specification() -> None:
    for folio in ("CMT-261015-00001-7", "CMT-261015-00017-2", "CMT-261127-00123-5"):
        assert identifiers.is_appointment_folio(folio)
    assert not identifiers.is_appointment_folio("CMT-261015-00001-8")


def test_the_command_lists_everybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(PEOPLE)
    needed = {
        "id",
        "nss",
        "agregado_medico",
        "fecha_nacimiento",
        "curp",
        "sexo",
        "umf",
        "vigente",
        "purpose",
        "nombre",
    }
    assert needed <= set(rows[0])
    assert main(["people", "--seed", "1"]) == 0
    assert "00058500018" in capsys.readouterr().out
