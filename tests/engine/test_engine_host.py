"""The engine host over HTTP: Rasa's interface per campaign, reload of one, refusal of a foreign model."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
CAMPAIGNS = {"cita_medica", "derechohabiente", "recepcion"}


@pytest.fixture
def engine(system):
    with httpx.Client(base_url=system.engine, timeout=60.0) as client:
        yield client


def metadata(campaign: str) -> dict:
    return {
        "conversation": "prueba",
        "folio": "VEN-20261015-0000042-7",
        "campaign": campaign,
        "channel": "webchat",
        "now": "2026-10-15T09:00:00-06:00",
    }


def test_one_process_serves_every_campaign(engine: httpx.Client) -> None:
    health = engine.get("/health").json()
    assert set(health["campaigns"]) == CAMPAIGNS
    assert health["resident_mb"] > 100


@pytest.mark.parametrize("campaign", sorted(CAMPAIGNS))
def test_webhook_answers_with_a_report(engine: httpx.Client, campaign: str) -> None:
    body = {"sender": f"prueba-{campaign}", "message": "hola", "metadata": metadata(campaign)}
    messages = engine.post(f"/campaigns/{campaign}/webhooks/rest/webhook", json=body).json()
    assert any(message.get("text") for message in messages)
    assert "turn" in messages[-1]["custom"]
    tracker = engine.get(f"/campaigns/{campaign}/conversations/prueba-{campaign}/tracker").json()
    assert tracker["sender_id"] == f"prueba-{campaign}"
    assert tracker["latest_message"]["intent"]["name"] == "saludo"


def test_parse_gives_intent_and_confidence(engine: httpx.Client) -> None:
    answer = engine.post("/campaigns/derechohabiente/model/parse", json={"text": "cuantas semanas cotizadas tengo"})
    assert answer.json()["intent"]["name"] == "semanas_cotizadas"
    assert 0.5 < answer.json()["intent"]["confidence"] <= 1.0


def test_unknown_campaign_and_bad_bodies_are_refused_with_their_reason(engine: httpx.Client) -> None:
    unknown = engine.post("/campaigns/nadie/model/parse", json={"text": "hola"})
    assert unknown.status_code == 404
    assert "nadie" in unknown.json()["detail"]
    bad = engine.post("/campaigns/recepcion/webhooks/rest/webhook", json={"sender": "x"})
    assert bad.status_code == 400
    assert "message" in bad.json()["detail"]


def test_a_failing_action_is_an_error_and_not_an_empty_success(engine: httpx.Client) -> None:
    body = {"sender": "sin-metadatos", "message": "hola"}
    messages = engine.post("/campaigns/recepcion/webhooks/rest/webhook", json=body).json()
    assert not any("turn" in message.get("custom", {}) for message in messages if isinstance(message, dict))


def test_of_a_long_conversation_only_the_recent_events_are_kept(engine: httpx.Client) -> None:
    body = {"sender": "larga", "message": "hola", "metadata": metadata("recepcion")}
    for _ in range(25):
        messages = engine.post("/campaigns/recepcion/webhooks/rest/webhook", json=body).json()
        assert "turn" in messages[-1]["custom"]
    assert len(engine.get("/campaigns/recepcion/conversations/larga/tracker").json()["events"]) <= 40


CHECK_ANSWERS = """
import economies
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
economies.spare_what_repeats()
check = RemoteAction("action_vigencia", None)._validate_action_result
assert check({"events": [{"event": "slot", "timestamp": None, "name": "x", "value": 1}], "responses": []})
for wrong in ({"events": 3}, {"events": [{"event": "slot"}]}, {"events": [], "responses": ["hola"]}):
    try:
        check(wrong)
    except ValidationError as error:
        assert "action_vigencia" in error.message
    else:
        raise SystemExit(f"accepted: {wrong}")
print("checked")
"""
SAME_ANSWER = """
import asyncio, json, sys
import economies
from rasa.core.agent import Agent
agent = Agent.load(sys.argv[1])
sentences = ["hola", "quiero saber si sigo vigente", "kiero una sita pa mañana", "xyzzy"]
parsed = lambda: [asyncio.run(agent.parse_message(sentence)) for sentence in sentences]
before = parsed()
economies.spare_what_repeats()
economies.lay_out_for_reading(agent)
near = lambda one, other: abs(one["confidence"] - other["confidence"]) < 1e-9 and one["name"] == other["name"]
for was, now in zip(before, parsed()):
    assert all(map(near, was["intent_ranking"], now["intent_ranking"])) and was["intent_ranking"], (was, now)
ordered = [node._component.clf.coef_ for node in agent.processor.graph_runner._instantiated_nodes.values()
           if hasattr(node._component, "clf")]
assert ordered and all(coefficients.flags.f_contiguous for coefficients in ordered)
print("same")
"""


def test_answers_of_actions_are_still_checked() -> None:
    command = [ENGINE_PYTHON, "-c", CHECK_ANSWERS]
    done = subprocess.run(command, cwd=ROOT / "engine", capture_output=True, text=True, timeout=240)
    assert done.stdout.strip().endswith("checked"), done.stderr[-2000:]


def test_economies_change_no_answer() -> None:
    record = json.loads((ROOT / "var" / "models" / "derechohabiente" / "model.json").read_text())
    archive = ROOT / "var" / "models" / "derechohabiente" / record["file"]
    command = [ENGINE_PYTHON, "-c", SAME_ANSWER, archive]
    done = subprocess.run(command, cwd=ROOT / "engine", capture_output=True, text=True, timeout=240)
    assert done.stdout.strip().endswith("same"), done.stderr[-2000:]


def test_reload_of_one_campaign_leaves_the_others_alone(engine: httpx.Client) -> None:
    before = engine.get("/health").json()["campaigns"]
    reloaded = engine.put("/campaigns/recepcion/model")
    assert reloaded.status_code == 200
    after = engine.get("/health").json()["campaigns"]
    assert after["recepcion"]["model_id"] == before["recepcion"]["model_id"]
    assert after["derechohabiente"] == before["derechohabiente"]
    assert engine.put("/campaigns/nadie/model").status_code == 409


def test_a_model_with_another_sha256_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    source = ROOT / "var" / "models" / "recepcion"
    target = tmp_path / "recepcion"
    shutil.copytree(source, target)
    record = json.loads((target / "model.json").read_text())
    archive = target / record["file"]
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() != record["sha256"]
    command = [ENGINE_PYTHON, ROOT / "engine" / "host.py", "--models", tmp_path, "--port", "1"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert refused.returncode == 1
    assert "SHA-256" in refused.stderr
    assert "Delete it and train" in refused.stderr


def test_training_skips_what_has_not_changed() -> None:
    command = [ENGINE_PYTHON, ROOT / "engine" / "train.py", "--out", ROOT / "var" / "models", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.count("up to date") == len(CAMPAIGNS)


def test_forbidden_component_is_refused_by_name(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    for folder in ("bots", "nlu_data", "engine"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = copy / "bots" / "derechohabiente" / "config.yml"
    config.write_text(config.read_text().replace("WhitespaceTokenizer", "LanguageModelFeaturizer"))
    command = [ENGINE_PYTHON, copy / "engine" / "train.py", "--out", tmp_path / "models", "derechohabiente"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "LanguageModelFeaturizer" in refused.stderr
