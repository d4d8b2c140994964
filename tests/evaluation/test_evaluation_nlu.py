"""`ventanilla evaluate nlu`: measures worked out by hand, and what it says when something is wrong."""

import argparse
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.intents import Judged, SentencesError, held_out, judged
from evaluation.nlu.command_line import add_arguments, run
from evaluation.nlu.comparison import Attempt, pipeline_reports
from evaluation.nlu.measures import auroc, confidence_pairs, measure
from evaluation.nlu.report import CampaignReport, as_json

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
SEVEN = [
    Judged("uno", "a", "a", 0.9),
    Judged("dos", "a", "a", 0.8),
    Judged("tres", "a", "b", 0.6),
    Judged("cuatro", "b", "b", 0.7),
    Judged("cinco", "b", "nlu_fallback", 0.25, put_aside="b"),
    Judged("seis", "fuera_de_tema", "fuera_de_tema", 0.7),
    Judged("siete", "fuera_de_tema", "a", 0.5),
]


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_intents_and_confusion_as_by_hand() -> None:
    found = measure(SEVEN)
    assert found.accuracy == pytest.approx(4 / 7)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)
    scores = {one.intent: (one.precision, one.recall, one.f1, one.support) for one in found.intents}
    assert scores["a"] == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert scores["b"] == pytest.approx((1 / 2, 1 / 2, 1 / 2, 2))
    assert scores["fuera_de_tema"] == pytest.approx((1, 1 / 2, 2 / 3, 2))
    assert found.labels() == ["a", "b", "fuera_de_tema", "nlu_fallback"]
    assert found.matrix() == [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert found.worst_pairs(2) == [("a", "b", 1), ("b", "nlu_fallback", 1)]
    assert [one.text for one in found.misclassified] == ["tres", "cinco", "siete"]
    assert found.not_understood == 1


def test_out_of_scope_as_by_hand() -> None:
    scope = measure(SEVEN).out_of_scope
    # Found: «seis» rightly, «cinco» wrongly; «siete» is missed.
    assert (scope.precision, scope.recall, scope.f1, scope.support) == (0.5, 0.5, 0.5, 2)
    assert scope.false_alarms == pytest.approx(1 / 5)
    # Scores 0.7 and 0.5 against 0.1, 0.2, 0.4, 0.3 and 0.75: eight pairs of ten are in order.
    assert scope.auroc == pytest.approx(0.8)


def test_without_sentences_out_of_scope_only_false_alarms_are_known() -> None:
    scope = measure(SEVEN[:5]).out_of_scope
    assert (scope.precision, scope.recall, scope.auroc, scope.support) == (None, None, None, 0)
    assert scope.false_alarms == pytest.approx(1 / 5)


def test_calibration_looks_behind_the_fallback() -> None:
    found = measure(SEVEN)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.09 + 0.5625 + 0.09 + 0.25) / 7)
    assert found.calibration_error == pytest.approx((0.1 + 0.2 + 0.6 + 2 * 0.3 + 0.75 + 0.5) / 7)
    silent = Judged("ocho", "a", "nlu_fallback", 0.0)
    assert confidence_pairs([*SEVEN, silent]) == confidence_pairs(SEVEN)


@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_auroc_counts_pairs(positives: list[int], negatives: list[int]) -> None:
    won = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    assert auroc(positives, negatives) == pytest.approx(won / len(positives) / len(negatives))


def test_the_answers_of_rasa_are_read_as_the_fallback_classifier_writes_them() -> None:
    behind = [{"name": "nlu_fallback", "confidence": 0.3}, {"name": "b", "confidence": 0.21}]
    fallback = {"name": "nlu_fallback", "confidence": 0.3}
    assert judged("x", "b", {"intent": fallback, "intent_ranking": behind}) == Judged(
        "x", "b", "nlu_fallback", 0.21, "b"
    )
    keywords = judged("x", "b", {"intent": fallback, "intent_ranking": behind[:1]})
    assert keywords == Judged("x", "b", "nlu_fallback", 0.0) and keywords.likeliest is None
    assert judged("x", "b", {"intent": {"name": None, "confidence": 0.0}}).predicted == "nlu_fallback"


def test_pipelines_are_compared_by_folds_and_as_ratios_to_the_first() -> None:
    right, wrong = Judged("x", "a", "a", 1.0), Judged("x", "a", "b", 1.0)

    def attempt(config: str, fold: int | None, seconds: float, *of_fold: Judged) -> Attempt:
        return Attempt("recepcion", config, fold, seconds, seconds * 10, of_fold)

    # F1 of «a» by fold: 1, and 2·1/(2+1) = 2/3; their sample deviation is (1/3)/√2.
    found = [
        attempt("propia", None, 2, right),
        attempt("propia", 0, 1, right, right),
        attempt("propia", 1, 1, right, wrong),
        attempt("otra", None, 6, wrong),
        attempt("otra", 0, 3, wrong),
        attempt("otra", 1, 3, wrong),
    ]
    own, other = pipeline_reports(found)["recepcion"]
    assert own.f1_mean == pytest.approx(5 / 6) and own.accuracy_mean == pytest.approx(3 / 4)
    assert own.f1_spread == pytest.approx(1 / 3 / 2**0.5)
    assert other.f1_mean == 0 and other.f1_spread == 0
    listed = as_json(CampaignReport("recepcion", own.held_out, [own, other]))["pipelines"]
    assert [(one["training_ratio"], one["parse_ratio"]) for one in listed] == [(1, 1), (3, pytest.approx(3))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nlu: [x\n", "YAML"),
        ("version: '3.1'\n", "nlu:"),
        ("nlu:\n- examples: |\n    - hola\n", "elemento 1"),
        ("nlu:\n- intent: saludo\n", "«saludo» no tiene oraciones"),
        ("nlu:\n- intent: saludo\n  examples: |\n    - hola\n    buenas\n", "«saludo», «buenas»"),
        ("nlu:\n- lookup: x\n  examples: |\n    - hola\n", "ninguna oración"),
    ],
)
def test_broken_sentences_are_refused_by_file_and_intent(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "test.yml"
    path.write_text(text)
    with pytest.raises(SentencesError) as refused:
        held_out(path)
    assert str(path) in str(refused.value) and told in str(refused.value)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An installation of one campaign with three sentences."""
    for name, intents in (("shared", ["saludo"]), ("una", ["cita", {"lugar": {"use_entities": []}}])):
        (tmp_path / "bots" / name).mkdir(parents=True)
        (tmp_path / "bots" / name / "domain.yml").write_text(json.dumps({"intents": intents}))
    (tmp_path / "bots" / "una" / "config.yml").write_text("pipeline: []\n")
    (tmp_path / "nlu_data" / "una").mkdir(parents=True)
    sentences = {"saludo": "- hola", "cita": "- quiero cita\n- sita", "lugar": "- dónde queda"}
    entries = [{"intent": intent, "examples": examples} for intent, examples in sentences.items()]
    (tmp_path / "nlu_data" / "una" / "test.yml").write_text(json.dumps({"nlu": entries}))
    return tmp_path


class _Engine(BaseHTTPRequestHandler):
    """Answers over HTTP as the engine does: it knows greetings and places, and serves one campaign."""

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        known = {"hola": "saludo", "dónde queda": "lugar"}
        intent: dict[str, Any] = {"name": known.get(text, "cita"), "confidence": 0.9}
        if text == "sita":
            intent = {"name": "nlu_fallback", "confidence": 0.3}
        self._answer(200, {"intent": intent, "intent_ranking": [intent, {"name": "lugar", "confidence": 0.2}]})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        if self.path != "/campaigns/una/model/parse":
            status, body = 404, {"error": "NotFound"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def engine_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_command_measures_reports_and_gates(project: Path, engine_url: str, capsys: pytest.CaptureFixture[str]):
    # saludo and lugar are perfect; cita: precision 1, recall 1/2, F1 2/3. Macro F1 is 8/9.
    report = project / "nlu.json"
    assert run(arguments("una", "--url", engine_url, "--json", str(report), "--minimum-f1", "0.88"), project) == 0
    told = capsys.readouterr().out
    assert "4 oraciones apartadas" in told and "F1 macro 0.889" in told
    assert "cita → nlu_fallback" in told and "sita" in told
    (found,) = json.loads(report.read_text())["campaigns"]
    assert found["macro_f1"] == pytest.approx(8 / 9) and found["confusion"]["labels"][0] == "cita"
    assert found["misclassified"][0] == {
        "text": "sita", "expected": "cita", "predicted": "nlu_fallback", "confidence": 0.2, "put_aside": "lugar",
    }  # fmt: skip
    assert run(arguments("--url", engine_url, "--minimum-f1", "0.9"), project) == 1
    assert "por debajo de 0.9" in capsys.readouterr().out


def test_what_cannot_be_measured_is_refused(project: Path, engine_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*words: str) -> str:
        assert run(arguments(*words), project) == 2
        return capsys.readouterr().err

    assert "«otra»" in refused("otra") and "una" in refused("otra")
    assert "No hay motor en http://127.0.0.1:9" in refused("--url", "http://127.0.0.1:9")
    assert "No existe la carpeta" in refused("--url", engine_url, "--json", str(project / "no" / "x.json"))
    assert "make setup" in refused("--cross-validate", "3")
    (project / "bots" / "una").rename(project / "bots" / "dos")
    (project / "nlu_data" / "una").rename(project / "nlu_data" / "dos")
    assert "no tiene cargada la campaña «dos»" in refused("dos", "--url", engine_url)
    (project / "bots" / "dos" / "domain.yml").write_text("intents: [cita]")
    assert "«lugar»" in refused("dos", "--url", engine_url)
    (project / "nlu_data" / "dos" / "test.yml").unlink()
    assert "no se pudo leer" in refused("dos", "--url", engine_url)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("pipeline: [x\n", "YAML"),
        ("language: es\n", "«pipeline»"),
        ("pipeline: [{name: LanguageModelFeaturizer}]\n", "CVE-2026-1839"),
        ("pipeline: [{name: NoHayTalComponente}]\n", "NoHayTalComponente"),
    ],
)
def test_a_configuration_that_is_refused_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, told: str
) -> None:
    path = tmp_path / "config.yml"
    path.write_text(config)
    assert run(arguments("recepcion", "--compare", str(path)), ROOT) == 2
    message = capsys.readouterr().err
    assert str(path) in message and told in message


def test_keywords_are_compared_on_held_out_sentences_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, words = tmp_path / "nlu.json", ROOT / "evaluation" / "nlu" / "pipelines" / "words.yml"
    asked = arguments("recepcion", "--cross-validate", "3", "--compare", str(words), "--json", str(report))
    assert run(asked, ROOT) == 0
    assert "Sin validación cruzada" in capsys.readouterr().out
    (found,) = json.loads(report.read_text())["campaigns"]
    own, other = found["pipelines"]
    assert own["config"] == "bots/recepcion/config.yml" and own["cross_validation"] is None
    assert own["held_out"]["macro_f1"] == found["macro_f1"] > other["held_out"]["macro_f1"]


FOLDS = """
import json, sys
from cross_validate import stratified_folds
examples = [{"intent": "ab"[number % 3 == 0], "text": number} for number in range(30)]
folds = stratified_folds(examples, 5, int(sys.argv[1]))
print(json.dumps([[[one["text"] for one in part] for part in fold] for fold in folds]))
"""


def folds_of(seed: int) -> list[list[list[int]]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    command = [str(ENGINE_PYTHON), "-c", FOLDS, str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    folds: list[list[list[int]]] = json.loads(done.stdout)
    return folds


def test_folds_are_stratified_and_seeded() -> None:
    folds = folds_of(1)
    assert sorted(number for _, asked in folds for number in asked) == list(range(30))
    for training, asked in folds:
        assert set(training) | set(asked) == set(range(30)) and not set(training) & set(asked)
        assert sum(number % 3 == 0 for number in asked) == 2 and len(asked) == 6
    assert folds_of(1) == folds != folds_of(2)
