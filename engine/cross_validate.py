"""Train and ask NLU pipelines over the same sentences, with Rasa's own components, all in one process.

Every configuration is trained on all training sentences of the campaign and asked the held-out ones; with --folds,
also on the same stratified and seeded folds of the training sentences. Nothing is measured here but time: the answers
are printed, one JSON object a line, and whoever started this process measures them.

    {"event": "plan", "campaign", "folds", "steps"}     folds is 0 where the campaign has keywords, not sentences
    {"event": "answers", "campaign", "config", "fold", "training_seconds", "parse_ms",
     "answers": [{"text", "expected", "intent", "intent_ranking"}]}      fold is null for the held-out sentences
    {"event": "refused", "config", "reason"}            the last line: exit status 2

Run with the engine's own Python 3.10:  python engine/cross_validate.py derechohabiente --folds 3 [--config FILE]
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from train import FORBIDDEN_COMPONENT, ROOT, sources

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.message import Message

REFUSED = 2  # exit status
KEYWORDS = "KeywordIntentClassifier"
RANKED = 2  # of the ranking: FallbackClassifier's answer, and the intent behind it


class ConfigurationRefused(Exception):
    """A configuration cannot be tried; `config` is its file."""

    def __init__(self, config: str, reason: str) -> None:
        super().__init__(reason)
        self.config, self.reason = config, reason


def read_configuration(path: Path) -> dict[str, Any]:
    """A Rasa config.yml that names a pipeline of its own.

    Raises:
        ConfigurationRefused: not readable, without pipeline (Rasa would fill in its default), or it names a
            component that is never allowed.
    """
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationRefused(str(path), f"no se pudo leer ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(str(path), f"no es YAML válido: {error}") from error
    parts = config.get("pipeline") if isinstance(config, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) and part.get("name") for part in parts or [None]):
        raise ConfigurationRefused(str(path), "falta «pipeline», la lista de componentes con su «name»")
    if any(FORBIDDEN_COMPONENT in part["name"] for part in parts):
        raise ConfigurationRefused(str(path), f"{FORBIDDEN_COMPONENT} nunca se permite (CVE-2026-1839)")
    return dict(config)


class Trial:
    """Training and asking one configuration."""

    def __init__(self, path: Path) -> None:
        self.path, self._config = path, read_configuration(path)

    def learns(self) -> bool:
        """Whether it learns from sentences; keywords are patterns, and a pattern left out is no sentence to test on."""
        return all(KEYWORDS not in part["name"] for part in self._config["pipeline"])

    def answers(self, training: "list[Message]", asked: "list[Message]") -> dict[str, Any]:
        """Train on some sentences, ask the others; the answers and the times.

        Raises:
            ConfigurationRefused: Rasa refused the configuration, or it failed with these sentences.
        """
        from rasa.core.agent import Agent  # imported late: a refused file must not cost a minute
        from rasa.engine.exceptions import (
            GraphComponentException,
            GraphRunError,
            GraphSchemaException,
            GraphSchemaValidationException,
        )
        from rasa.model_training import train_nlu
        from rasa.shared.exceptions import RasaException
        from rasa.shared.nlu.training_data.training_data import TrainingData

        refusals = (
            RasaException, GraphComponentException, GraphRunError, GraphSchemaException, GraphSchemaValidationException,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            config, data = Path(folder) / "config.yml", Path(folder) / "train.yml"
            config.write_text(yaml.safe_dump(self._config), encoding="utf-8")  # Rasa writes into the file it is given
            data.write_text(TrainingData(training).nlu_as_yaml(), encoding="utf-8")
            started = time.perf_counter()
            try:
                model = train_nlu(str(config), str(data), folder)
                trained = time.perf_counter() - started
                if model is None:
                    raise ConfigurationRefused(str(self.path), "Rasa no entrenó ningún modelo con ella")
                return {"training_seconds": trained, **asyncio.run(_ask(Agent.load(model), asked))}
            except refusals as refusal:
                raise ConfigurationRefused(str(self.path), f"{type(refusal).__name__}: {refusal}") from refusal


async def _ask(agent: Any, asked: "list[Message]") -> dict[str, Any]:
    await agent.parse_message(asked[0].get("text"))  # the first one pays for what is loaded late
    found, started = [], time.perf_counter()
    for message in asked:
        found.append(await agent.parse_message(message.get("text")))
    took = time.perf_counter() - started
    answers = [
        {
            "text": message.get("text"),
            "expected": message.get("intent"),
            "intent": {"name": answer["intent"]["name"], "confidence": float(answer["intent"]["confidence"])},
            "intent_ranking": [
                {"name": one["name"], "confidence": float(one["confidence"])}
                for one in (answer.get("intent_ranking") or [])[:RANKED]
            ],
        }
        for message, answer in zip(asked, found, strict=True)
    ]
    return {"parse_ms": took / len(asked) * 1000, "answers": answers}


def sentences(*paths: Path) -> "list[Message]":
    """The sentences with an intent of some NLU files, as Rasa reads them."""
    from rasa.shared.nlu.training_data.loading import load_data

    return [message for path in paths for message in load_data(str(path)).intent_examples]


def stratified_folds(
    examples: "list[Message]", folds: int, seed: int
) -> "Iterator[tuple[list[Message], list[Message]]]":
    """(training, asked) for each fold: every intent in every fold in the same proportion."""
    from sklearn.model_selection import StratifiedKFold

    intents = [example.get("intent") for example in examples]
    for training, asked in StratifiedKFold(folds, shuffle=True, random_state=seed).split(intents, intents):
        yield [examples[number] for number in training], [examples[number] for number in asked]


class Campaign:
    """The sentences of one campaign and the pipelines to try on them; its own comes first."""

    def __init__(self, name: str, compared: list[Trial], folds: int) -> None:
        """Read the campaign's own configuration; Rasa is not needed yet.

        Raises:
            ConfigurationRefused: see read_configuration.
        """
        own = Trial(ROOT / "bots" / name / "config.yml")
        self.name, self.trials, self.folds = name, [own, *compared], folds if own.learns() else 0

    def read(self) -> dict[str, Any]:
        """Read the sentences; the event that announces the work.

        Raises:
            ConfigurationRefused: an intent has fewer sentences than there are folds.
        """
        files = [path for path in sources(self.name).training if path.name == "train.yml"]
        self._training, self._held_out = sentences(*files), sentences(ROOT / "nlu_data" / self.name / "test.yml")
        counts = Counter(example.get("intent") for example in self._training)
        scarce = min(counts, key=lambda intent: counts[intent])
        if counts[scarce] < self.folds:
            reason = f"la intención «{scarce}» tiene {counts[scarce]} oraciones, menos que las {self.folds} partes"
            raise ConfigurationRefused(f"nlu_data/{self.name}/train.yml", reason)
        steps = len(self.trials) * (self.folds + 1)
        return {"event": "plan", "campaign": self.name, "folds": self.folds, "steps": steps}

    def answers(self, seed: int) -> Iterator[dict[str, Any]]:
        """One event for every training.

        Raises:
            ConfigurationRefused: see Trial.answers.
        """
        for trial in self.trials:
            head = {"event": "answers", "campaign": self.name, "config": str(trial.path)}
            yield {**head, "fold": None, **trial.answers(self._training, self._held_out)}
            if self.folds:
                for number, (training, left_out) in enumerate(stratified_folds(self._training, self.folds, seed)):
                    yield {**head, "fold": number, **trial.answers(training, left_out)}


def run(names: list[str], configs: list[Path], folds: int, seed: int) -> Iterator[dict[str, Any]]:
    """Every event of the job: first all plans, then the answers.

    Raises:
        ConfigurationRefused: a configuration or the sentences cannot be used.
    """
    compared = [Trial(path) for path in configs]
    campaigns = [Campaign(name, compared, folds) for name in names]
    from rasa.utils.log_utils import configure_structlog  # the first import of Rasa: everything cheap is checked

    configure_structlog(logging.WARNING)
    yield from [campaign.read() for campaign in campaigns]
    for campaign in campaigns:
        yield from campaign.answers(seed)


def main() -> None:
    """Command line: JSON lines on the standard output, everything Rasa says on the standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaigns", nargs="+")
    parser.add_argument("--config", type=Path, action="append", default=[], help="a further config.yml to compare")
    parser.add_argument("--folds", type=int, default=0, help="0: only the held-out sentences")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # a component taken from the cache would be measured as trained in no time
    # As engine/host.py: keyword pipelines use hundreds of patterns, Python's cache of 512 would compile them anew.
    re._MAXCACHE = 8192  # type: ignore[attr-defined]
    out, status = sys.stdout, 0
    with contextlib.redirect_stdout(sys.stderr):
        try:
            for event in run(arguments.campaigns, arguments.config, arguments.folds, arguments.seed):
                print(json.dumps(event, ensure_ascii=False), file=out, flush=True)
        except ConfigurationRefused as refusal:
            event = {"event": "refused", "config": refusal.config, "reason": refusal.reason}
            print(json.dumps(event, ensure_ascii=False), file=out, flush=True)
            status = REFUSED
    sys.exit(status)


if __name__ == "__main__":
    main()
