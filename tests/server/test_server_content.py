"""Content changed in the whole web application: the next conversation shows it; the job publishes what is due."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from guarded_house import KEY, ROOT, House

from content.catalogue import Catalogue
from conversation.message import Channel
from ledger.content_versions import ContentVersions, Origin
from ledger.vault import Vault
from server.clock import InstitutionClock
from server.content_job import content_changes, watch_content

OpenHouse = Callable[..., House]
OWN = "/admin/content/derechohabiente"
PATIENCE_SECONDS = 30


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the content, which the test may change."""
    for name in ("bots", "knowledge"):
        shutil.copytree(ROOT / name, tmp_path / "site" / name)
    return tmp_path / "site"


def save(administrator: tuple[TestClient, str], site: Path, old: str, new: str, **more: str) -> None:
    """Change the campaign's file as its administrator does, in the editor."""
    browser, csrf = administrator
    page = browser.get(f"{OWN}/files/campaign.yml").text
    base = page.split('name="base_sha256" value="')[1][:64]
    text = (site / "bots/derechohabiente/campaign.yml").read_text(encoding="utf-8")
    assert old in text
    form = {"csrf_token": csrf, "base_sha256": base, "text": text.replace(old, new), "reason": "oficio 12", **more}
    answer = browser.post(f"{OWN}/files/campaign.yml", data=form)
    assert answer.status_code == 303, answer.text


def test_the_next_conversation_says_what_was_changed(open_house: OpenHouse, site: Path) -> None:
    house = open_house(root=site)
    administrator = house.in_administration("administrador_campana")
    theirs = Catalogue(site)  # of the action server or the telephone, which started before
    before = theirs.get("derechohabiente")
    assert before is not None
    said = "Elija un tema, por favor, o escríbalo."
    assert said not in opened(house)
    save(administrator, site, before.prompts["como_apoyarle"], said)
    assert said in opened(house), "in the web process"
    after = theirs.get("derechohabiente")
    assert after is not None and after.prompts["como_apoyarle"] == said, "in the others"

    now = InstitutionClock(house.settings.clock_start)()
    assert after.people_attend(Channel.WEBCHAT, now)
    save(administrator, site, '["08:00", "20:00"]', '["03:00", "03:01"]')
    assert "fuera del horario" in opened(house)


def opened(house: House) -> str:
    answer = house.stranger.post("/api/v1/campaigns/derechohabiente/conversations", json={})
    assert answer.status_code == 201
    return " ".join(message["text"] for message in answer.json()["messages"])


async def test_the_job_publishes_what_is_due_and_notices_what_was_edited_by_hand(
    open_house: OpenHouse, site: Path
) -> None:
    house = open_house(root=site)
    now = InstitutionClock(house.settings.clock_start)()
    due = now + timedelta(hours=1)
    administrator = house.in_administration("administrador_campana")
    save(administrator, site, "prompts:\n", 'prompts:\n  despedida: "Programada."\n', effective=f"{due:%Y-%m-%dT%H:%M}")
    path = site / "bots/derechohabiente/campaign.yml"
    assert "Programada." not in path.read_text(encoding="utf-8")
    path.write_text(f"# a mano\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    changes = content_changes(house.settings, house.database, Vault(KEY), lambda: due + timedelta(minutes=1))
    job = asyncio.create_task(watch_content(changes, every_seconds=0.05))
    for _ in range(PATIENCE_SECONDS * 20):
        if "Programada." in path.read_text(encoding="utf-8"):
            break
        await asyncio.sleep(0.05)
    job.cancel()
    text = path.read_text(encoding="utf-8")
    assert "Programada." in text and text.startswith("# a mano")
    found = ContentVersions(house.database).of_campaign("derechohabiente")
    assert Origin.FILE in {one.origin for one in found if one.path.endswith("campaign.yml") and one.base}
