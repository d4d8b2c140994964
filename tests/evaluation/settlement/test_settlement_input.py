"""What the input must be, and how it is refused."""

import io
import json

import pytest

from evaluation.settlement.interaction import Interaction
from evaluation.settlement.policy import Policy
from evaluation.settlement.reader import LONGEST_LINE, bounded_lines, read_json_lines
from evaluation.settlement.refusal import InputRefused
from evaluation.settlement.spool import Spool
from evaluation.settlement.streaming import settle_readings


def read(*records):
    """Settle the lines; what was read, in order of the file."""
    lines = [item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in records]
    readings = list(read_json_lines(bounded_lines(io.BytesIO(b"".join(lines)))))
    with Spool() as spool:
        settle_readings(readings, Policy(), spool, "el archivo")
    return [reading.interaction for reading in readings]


def problems(*records):
    with pytest.raises(InputRefused) as refused:
        read(*records)
    return [(problem.line, problem.field) for problem in refused.value.problems]


def test_the_line_of_the_specification_is_read():
    line = """{"folio": "VEN-20261015-0000042-7", "campaign": "derechohabiente", "channel": "webchat",
     "agent_type": "avanzado_a", "started_at": "2026-10-15T09:12:03-06:00",
     "ended_at": "2026-10-15T09:15:40-06:00",
     "end": "completed", "origin": "203.0.113.7", "transferred_to_human": false,
     "questions": [{"topic": "semanas_cotizadas", "verdict": "correct", "deviation": null}],
     "survey": {"resolved": true, "rating": 5},
     "evidence": {"complete": true, "missing": []}}"""
    (found,) = read(line.replace("\n", " ").encode(), b"\n")
    assert (found.folio, found.month, found.duration.total_seconds()) == (
        "VEN-20261015-0000042-7",
        "2026-10",
        217,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended_at": "2026-10-15T09:12:02-06:00"}, "ended_at"),
        ({"started_at": "2026-10-15T09:12:03"}, "started_at"),
        ({"started_at": "2026-10-15"}, "started_at"),
        ({"started_at": "1760541123"}, "started_at"),
        ({"started_at": 1760541123}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"folio": ""}, "folio"),
        ({"folio": 7}, "folio"),
        ({"folio": "=1+1"}, "folio"),
        ({"channel": "fax"}, "channel"),
        ({"agent_type": "avanzado"}, "agent_type"),
        ({"end": "done"}, "end"),
        ({"origin": 5500000001}, "origin"),
        ({"transferred_to_human": "no"}, "transferred_to_human"),
        ({"questions": [{"topic": "a", "verdict": "wrong", "deviation": None}]}, "questions.0.verdict"),
        ({"questions": [{"topic": "a", "verdict": "correct", "deviation": "x"}]}, "questions.0.deviation"),
        ({"questions": [{"topic": "a", "verdict": "incorrect", "deviation": ""}]}, "questions.0.deviation"),
        ({"questions": {}}, "questions"),
        ({"survey": {"resolved": 1, "rating": 5}}, "survey.resolved"),
        ({"survey": {"resolved": True, "rating": 6}}, "survey.rating"),
        ({"survey": {"resolved": True, "rating": True}}, "survey.rating"),
        ({"evidence": {"complete": True, "missing": ["audio"]}}, "evidence.missing"),
        ({"evidence": None}, "evidence"),
        ({"turns": 3}, "turns"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(record, change, field):
    assert problems(record("VEN-1"), record("VEN-2") | change) == [(2, field)]


@pytest.mark.parametrize("field", Interaction.model_fields)
def test_every_field_is_required(record, field):
    incomplete = record()
    del incomplete[field]
    assert problems(incomplete) == [(1, field)]


def test_a_file_that_windows_wrote_is_read(record):
    (found,) = read(b"\xef\xbb\xbf" + json.dumps(record()).encode() + b"\r\n")
    assert found.folio == "VEN-1"


def test_lines_that_are_not_json_objects(record):
    bad = [b"{\n", b"[1]\n", b'"x"\n', b"\xff\n", b"[" * 100_000 + b"\n", b'{"folio": "a", "folio": "b"}\n']
    assert problems(*bad) == [(number, "(registro)") for number in range(1, 7)]


def test_a_repeated_folio_is_refused_at_its_second_line(record):
    assert problems(record("VEN-1"), record("VEN-2"), record("VEN-1")) == [(3, "folio")]


def test_a_repeated_folio_is_seen_even_where_another_field_is_wrong(record):
    assert problems(record("VEN-1", end="done"), record("VEN-1")) == [(1, "end"), (2, "folio")]


def test_all_problems_are_counted_and_twenty_are_shown(record):
    with pytest.raises(InputRefused) as refused:
        read(*(record(f"VEN-{number}", end="done") for number in range(25)))
    assert refused.value.count == 25
    shown = str(refused.value).splitlines()
    assert len(shown) == 1 + 20 + 1
    assert shown[1].strip() == (
        "línea 1, campo end: valor desconocido; use uno de: "
        "'completed', 'user_hangup', 'system_cut', 'timeout' o 'error'"
    )
    assert shown[-1].strip() == "… y 5 errores más"


def test_the_refused_value_is_not_repeated(record):
    with pytest.raises(InputRefused) as refused:
        read(record(origin=["5500000001"], channel="5500000002"))
    assert "550000" not in str(refused.value)


def test_a_line_without_end_is_not_read_into_memory_whole(record):
    endless = b'{"folio": "' + b"x" * (3 * LONGEST_LINE)
    assert max(map(len, bounded_lines(io.BytesIO(endless)))) == LONGEST_LINE + 1
    assert problems(record("VEN-1"), endless + b'"}\n', record("VEN-2"), record("VEN-1")) == [
        (2, "(registro)"),
        (4, "folio"),
    ]


def test_folios_that_differ_only_in_a_surrogate_or_in_case_are_told_apart(record):
    assert problems(record("VEN-\ud800"), record("VEN-\ud800")) == [(1, "folio"), (2, "folio")]
    assert len(read(record("VEN-a"), record("VEN-A"), record("VEN-á"))) == 3


def test_the_first_problems_by_line_are_kept_however_many_there_are(record):
    repeated = [record("VEN-1") for _ in range(15)]
    with pytest.raises(InputRefused) as refused:
        read(*repeated, *(record(f"VEN-{number}", end="done") for number in range(2, 32)))
    assert refused.value.count == 14 + 30
    assert [problem.line for problem in refused.value.problems] == list(range(2, 22))
