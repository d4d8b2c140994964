"""Train the Rasa model of every campaign whose data changed, all in one process.

Importing Rasa costs a minute on a small machine and training a light pipeline a few seconds, so one process
trains them all. A model is kept under the hash of everything it was made from; the record beside it carries the
SHA-256 of the archive, which the host checks before it loads (only models that this installation trained run).

Run with the engine's own Python 3.10:  python engine/train.py --out var/models [CAMPAIGN ...]
"""

import argparse
import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN_COMPONENT = "LanguageModelFeaturizer"  # CVE-2026-1839: loads remote weights unchecked


class Sources(NamedTuple):
    """The files a campaign's model is made from, in the order in which Rasa reads them."""

    config: Path
    domain: list[Path]
    training: list[Path]

    def content_hash(self) -> str:
        """SHA-256 over names and bytes of every source and of the engine's pinned requirements."""
        digest = hashlib.sha256()
        for path in [self.config, *self.domain, *self.training, ROOT / "engine" / "requirements.txt"]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def campaigns() -> list[str]:
    """Ids of the campaigns that have a bot: every folder of bots/ with a config.yml."""
    return sorted(path.parent.name for path in (ROOT / "bots").glob("*/config.yml"))


def sources(campaign: str) -> Sources:
    """Find the files of one campaign; shared NLU data serves only the campaigns whose NLU learns.

    Raises:
        SystemExit: a file is missing or the pipeline names a forbidden component.
    """
    bot, shared, nlu = ROOT / "bots" / campaign, ROOT / "bots" / "shared", ROOT / "nlu_data"
    config = bot / "config.yml"
    training = [nlu / campaign / "train.yml", shared / "rules.yml", bot / "rules.yml"]
    if (bot / "stories.yml").exists():
        training.append(bot / "stories.yml")
    if config.exists() and "KeywordIntentClassifier" not in config.read_text(encoding="utf-8"):
        training.insert(0, nlu / "shared" / "train.yml")
    found = Sources(config, [shared / "domain.yml", bot / "domain.yml"], training)
    for path in [found.config, *found.domain, *found.training]:
        if not path.exists():
            sys.exit(f"train: campaign «{campaign}» lacks {path.relative_to(ROOT)}. Create it or remove the bot.")
    if FORBIDDEN_COMPONENT in config.read_text(encoding="utf-8"):
        sys.exit(
            f"train: {config.relative_to(ROOT)} uses {FORBIDDEN_COMPONENT}, which is never allowed (CVE-2026-1839)."
        )
    return found


def trained(record: Path, content_hash: str) -> dict[str, str] | None:
    """The record of the current model when it was made from these very sources and its archive is there."""
    if not record.exists():
        return None
    entry: dict[str, str] = json.loads(record.read_text())
    if entry.get("content_hash") != content_hash or not (record.parent / entry["file"]).exists():
        return None
    return entry


def train_one(campaign: str, found: Sources, out: Path) -> dict[str, str]:
    """Train one campaign and write `<out>/<campaign>/model.json` beside the archive.

    Raises:
        SystemExit: Rasa refused the data; its own messages say why.
    """
    import rasa.model_training  # imported late: a run with nothing to train must not pay for it
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)

    content_hash = found.content_hash()
    with tempfile.TemporaryDirectory() as folder:
        domain = Path(folder) / "domain"
        domain.mkdir()
        for number, path in enumerate(found.domain):
            shutil.copy(path, domain / f"{number}_{path.name}")
        result = rasa.model_training.train(
            domain=str(domain),
            config=str(found.config),
            training_files=[str(path) for path in found.training],
            output=folder,
            fixed_model_name="model",
            force_training=True,
        )
        if result.code != 0 or result.model is None:
            sys.exit(f"train: Rasa could not train «{campaign}» (code {result.code}). See the messages above.")
        target = out / campaign
        target.mkdir(parents=True, exist_ok=True)
        archive = target / f"{content_hash[:16]}.tar.gz"
        shutil.move(result.model, archive)
    entry = {
        "campaign": campaign,
        "file": archive.name,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "content_hash": content_hash,
        "trained_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    record = target / "model.json"
    record.with_suffix(".tmp").write_text(json.dumps(entry, indent=2) + "\n")
    record.with_suffix(".tmp").replace(record)
    for old in target.glob("*.tar.gz"):
        if old != archive:
            old.unlink()
    return entry


def main() -> None:
    """Command line: train what changed, say what was skipped and how long each step took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("campaigns", nargs="*", help="ids; all campaigns with a bot when none is named")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "models", help="folder of the models")
    parser.add_argument("--check", action="store_true", help="train nothing; exit 1 when something would be trained")
    arguments = parser.parse_args()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")  # the content hash above replaces Rasa's own cache
    known = campaigns()
    unknown = [name for name in arguments.campaigns if name not in known]
    if unknown:
        sys.exit(f"train: no bot for {', '.join(unknown)} under bots/. Known: {', '.join(known)}.")
    names = arguments.campaigns or known
    found = {name: sources(name) for name in names}
    stale = [name for name in names if trained(arguments.out / name / "model.json", found[name].content_hash()) is None]
    for name in names:
        if name not in stale:
            print(f"{name}: up to date", flush=True)
    if arguments.check:
        sys.exit(1 if stale else 0)
    if stale:
        print(f"loading Rasa to train {', '.join(stale)} (a minute or two)…", flush=True)
    for name in stale:
        started = time.perf_counter()
        entry = train_one(name, found[name], arguments.out)
        print(f"{name}: trained in {time.perf_counter() - started:.1f} s, sha256 {entry['sha256'][:12]}…", flush=True)


if __name__ == "__main__":
    main()
