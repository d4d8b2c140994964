"""Content changed over HTTP: in force at once, checked, kept as versions, taken back; nobody's change is lost."""

import difflib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from admin_room import PASSWORD, Browser, Room, token_of
from content_site import REASON, build_site, fields_of, save, version_of

from actions.booking_rules import BookingRules
from admin.content_rules import Approvals
from content.canned import CannedPhrases
from content.catalogue import Catalogue
from content.editable import content_files
from conversation.campaign import Campaign
from conversation.message import Channel
from ledger.content_versions import Origin, Standing
from ledger.periods import CENTRE

OWN = "/admin/content/derechohabiente"
HOURS, TEXTS, MENU, PHRASES = (f"{OWN}/form/{one}" for one in ("horarios", "textos", "menu", "frases"))
CAMPAIGN = "bots/derechohabiente/campaign.yml"
Site = tuple[Room, Path, Catalogue]


@pytest.fixture
def site(tmp_path: Path, accounts_text: str) -> Iterator[Site]:
    made = build_site(tmp_path, accounts_text, Approvals.NONE)
    yield made
    made[0].engine.dispose()


@pytest.fixture
def enter(site: Site) -> Callable[[str], Browser]:
    return lambda username: log_in(site[0], username)


def log_in(room: Room, username: str) -> Browser:
    client = room.client()
    form = {"username": username, "password": PASSWORD, "csrf_token": token_of(client.get("/admin/login").text)}
    assert client.post("/admin/login", data=form).status_code == 303
    return Browser(client)


def known(catalogue: Catalogue, campaign: str = "derechohabiente") -> Campaign:
    found = catalogue.get(campaign)
    assert found is not None
    return found


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_hours_are_in_force_at_once_and_the_rest_of_the_file_stays(site: Site, enter) -> None:
    _, root, catalogue = site
    before = (root / CAMPAIGN).read_text(encoding="utf-8")
    monday = datetime(2026, 11, 30, 9, 0, tzinfo=CENTRE)
    assert known(catalogue).people_attend(Channel.WEBCHAT, monday)
    answer = save(enter("carla"), HOURS, {"w1_mon": "10:00-14:00, 15:00-18:30", "w1_sun": ""})
    assert version_of(answer)
    campaign = known(catalogue)
    hours = [monday, monday.replace(hour=10), monday.replace(hour=14, minute=30), monday.replace(hour=18)]
    assert [campaign.people_attend(Channel.WEBCHAT, one) for one in hours] == [False, True, False, True]
    lines = changed_lines(before, (root / CAMPAIGN).read_text(encoding="utf-8"))
    assert lines[1] == '+      mon: [["10:00", "14:00"], ["15:00", "18:30"]]'
    assert len(lines) <= 4 and "#" in before


def test_holidays_texts_menu_and_phrases(site: Site, enter) -> None:
    _, root, catalogue = site
    carla = enter("carla")
    holidays = fields_of(carla.get(HOURS).text)["holidays"]
    assert save(carla, HOURS, {"holidays": f"{holidays}\n24/12/2026"}).status_code == 303
    assert datetime(2026, 12, 24).date() in known(catalogue).holidays
    assert save(carla, TEXTS, {"p_despedida": "Hasta luego, que esté bien."}).status_code == 303
    assert known(catalogue).prompts["despedida"] == "Hasta luego, que esté bien."
    first, second = catalogue.menu("derechohabiente").options[:2]
    answer = save(carla, MENU, {"o-0-order": "2", "o-1-order": "1", "o-0-title": "Otro título"})
    assert answer.status_code == 303, answer.text
    options = catalogue.menu("derechohabiente").options
    assert (options[0], options[1].title, options[1].topic) == (second, "Otro título", first.topic)
    assert save(carla, PHRASES, {"c0_group": "Saludo", "c0_text": "Buen día, ¿qué necesita?"}).status_code == 303
    assert CannedPhrases(root / "bots").of("derechohabiente")[0].text == "Buen día, ¿qué necesita?"


def test_other_processes_read_the_same_files(site: Site, enter) -> None:
    """Telephone and actions have a catalogue of their own, made before the change."""
    _, root, _ = site
    theirs = Catalogue(root)
    known(theirs)
    save(enter("carla"), TEXTS, {"p_algo_mas": "¿Le ayudo con algo más?"})
    assert known(theirs).prompts["algo_mas"] == "¿Le ayudo con algo más?"
    ciro = enter("ciro")
    text = fields_of(ciro.get("/admin/content/cita_medica/files/campaign.yml").text)["text"]
    ahead = text.replace("min_lead_hours: 12", "min_lead_hours: 24")
    assert save(ciro, "/admin/content/cita_medica/files/campaign.yml", {"text": ahead}).status_code == 303
    assert BookingRules.model_validate(theirs.settings("cita_medica").business_rules).min_lead_hours == 24


@pytest.mark.parametrize(
    ("address", "changed", "field", "says"),
    [
        (HOURS, {"w0_mon": "8 a 20"}, "w0_mon", "no es un horario"),
        (HOURS, {"w0_mon": "20:00-08:00"}, "w0_mon", "termina antes de empezar"),
        (HOURS, {"w0_mon": "08:00-14:00, 13:00-20:00"}, "w0_mon", "se encima"),
        (HOURS, {"holidays": "31/02/2027"}, "holidays", "no es una fecha"),
        (HOURS, {"reason": ""}, "reason", "motivo"),
        (HOURS, {"effective": "2020-01-01T00:00"}, "effective", "ya pasó"),
        (TEXTS, {"p_bienvenida": "Hola {nombre}"}, "p_bienvenida", "campaign.yml, línea"),
        (MENU, {"o-0-title": ""}, "o-0-title", "título"),
        (MENU, {"o-0-key": "2"}, "o-1-title", "tecla 2 ya es"),
        (MENU, {"o-n-title": "Nueva", "o-n-key": "*"}, "o-n-target", "a dónde lleva"),
        (PHRASES, {"c0_text": "sin grupo"}, "c0_group", "grupo"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field_and_nothing_changes(
    site: Site, enter, address: str, changed: dict[str, str], field: str, says: str
) -> None:
    room, root, _ = site
    before = {file.path: file.read(root) for file in content_files(root, "derechohabiente")}
    answer = save(enter("carla"), address, changed)
    assert answer.status_code == 422 and says in answer.text, answer.text
    assert f'<a href="#{field}">' in answer.text and f'id="{field}"' in answer.text
    for name, value in changed.items():
        assert fields_of(answer.text)[name] == value, "what was typed is still there"
    assert {file.path: file.read(root) for file in content_files(root, "derechohabiente")} == before
    assert not [one for one in room.content.versions.of_campaign("derechohabiente") if one.origin is Origin.PAGE]


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: 1\nb: [\nc: }\n", "campaign.yml, línea 3"), ("- a\n- b\n", "campaign.yml"), ("", "Escriba el contenido")],
)  # fmt: skip
def test_wrong_yaml_is_refused_with_its_line(site: Site, enter, text: str, says: str) -> None:
    _, root, _ = site
    before = (root / CAMPAIGN).read_text(encoding="utf-8")
    answer = save(enter("carla"), f"{OWN}/files/campaign.yml", {"text": text})
    assert answer.status_code == 422 and says in answer.text
    assert (root / CAMPAIGN).read_text(encoding="utf-8") == before


def test_a_topic_that_no_model_knows_is_refused(site: Site, enter) -> None:
    carla = enter("carla")
    text = fields_of(carla.get(f"{OWN}/files/campaign.yml").text)["text"]
    grown = text.replace("topics:\n", 'topics:\n  - {id: tema_nuevo, label: "Nuevo", kind: information}\n')
    answer = save(carla, f"{OWN}/files/campaign.yml", {"text": grown})
    assert answer.status_code == 422 and "requiere entrenamiento" in answer.text


def test_what_needs_training_is_refused_with_the_reason(enter) -> None:
    for name in ("domain.yml", "rules.yml", "stories.yml", "config.yml"):
        answer = enter("carla").get(f"{OWN}/files/{name}")
        assert answer.status_code == 403 and "requiere entrenamiento" in answer.text


@pytest.mark.parametrize(
    "address",
    ["/admin/content/%2e%2e%2f%2e%2e/files/policy.yml", "/admin/content/no_hay/form/horarios",
     f"{OWN}/files/..%2Fcita_medica%2Fcampaign.yml", f"{OWN}/files/policy.yml", f"{OWN}/form/nada",
     "/admin/content/versions/999"],
)  # fmt: skip
def test_no_address_leads_out_of_the_content(enter, address: str) -> None:
    assert enter("carla").get(address).status_code in (303, 404)


def test_who_may_not(site: Site, enter) -> None:
    ciro, sara, eva = enter("ciro"), enter("sara"), enter("eva")
    assert ciro.get(HOURS).status_code == 403, "another campaign's"
    assert ciro.post(HOURS, REASON).status_code == 403
    assert enter("carla").get("/admin/content/shared/form/textos").status_code == 403, "of all campaigns"
    page = sara.get(HOURS)
    assert page.status_code == 200 and "no cambiarlo" in page.text
    assert sara.post(HOURS, REASON).status_code == 403
    assert eva.get("/admin/content").status_code == 403
    version = site[0].content.versions.of_campaign("derechohabiente")[0]
    assert ciro.get(f"/admin/content/versions/{version.number}").status_code == 403


def test_markup_in_a_text_is_shown_and_never_run(enter) -> None:
    carla = enter("carla")
    text = '</textarea><script>alert("x")</script>'
    answer = save(carla, TEXTS, {"p_saludo": text}, reason="<script>alert(1)</script>")
    pages = [answer.text if answer.status_code == 422 else carla.get(answer.headers["location"]).text]
    text_file = f"{OWN}/files/canned.yml"
    made = save(carla, text_file, {"text": '- {group: Saludo, text: "<img src=x onerror=alert(1)>"}\n'})
    pages += [carla.get(one).text for one in (made.headers["location"], PHRASES, text_file, OWN)]
    for page in pages:
        assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;img" in pages[-2]


def test_every_save_is_a_version_and_is_taken_back_in_one_step(site: Site, enter) -> None:
    room, root, catalogue = site
    before = (root / CAMPAIGN).read_text(encoding="utf-8")
    carla = enter("carla")
    number = version_of(save(carla, TEXTS, {"p_despedida": "Adiós."}))
    kept = room.content.versions.get_one(number)
    assert (kept.author, kept.reason, kept.standing) == ("carla", REASON["reason"], Standing.APPLIED)
    page = carla.get(f"/admin/content/versions/{number}").text
    assert kept.before_sha256 in page and kept.after_sha256 in page
    assert '<span class="visually-hidden">Agregado: </span>' in page and "Adiós." in page
    save(carla, HOURS, {"w0_mon": "10:00-11:00"})
    answer = carla.post(f"/admin/content/versions/{number}/take-back", REASON)
    back = room.content.versions.get_one(version_of(answer))
    assert back.origin is Origin.BACK and "Adiós." not in back.text
    assert known(catalogue).prompts["despedida"] != "Adiós."
    after = (root / CAMPAIGN).read_text(encoding="utf-8")
    assert any("10:00" in line for line in changed_lines(before, after)), "the later change stays"
    actions = [one.action for one in room.log.entries() if one.action.startswith("content_")]
    assert actions.count("content_published") == 3 and room.log.verify().problem is None


def test_what_is_edited_by_hand_is_noticed(site: Site, enter) -> None:
    room, root, _ = site
    room.content.notice_all()
    path = root / CAMPAIGN
    path.write_text(path.read_text(encoding="utf-8").replace("08:00", "07:00"), encoding="utf-8")
    room.content.notice_all()
    room.content.notice_all()
    found = [one for one in room.content.versions.of_campaign("derechohabiente") if one.path == CAMPAIGN]
    assert [(one.origin, one.author) for one in found] == [(Origin.FILE, "por archivo")] * 2
    assert "07:00" in enter("carla").get(f"/admin/content/versions/{found[0].number}").text


def test_a_save_over_somebody_elses_change_loses_nothing(site: Site, enter) -> None:
    _, root, catalogue = site
    carla, oscar = enter("carla"), enter("carla")
    stale = fields_of(carla.get(TEXTS).text)
    save(oscar, HOURS, {"w0_mon": "10:00-11:00"})
    answer = carla.post(TEXTS, {**stale, **REASON, "p_despedida": "Mi despedida."})
    assert answer.status_code == 409
    assert "10:00" in answer.text and "Mi despedida." in answer.text and "caben juntos" in answer.text
    assert known(catalogue).prompts["despedida"] != "Mi despedida."
    again = carla.post(f"{OWN}/files/campaign.yml", {**fields_of(answer.text), **REASON})
    assert again.status_code == 303
    text = (root / CAMPAIGN).read_text(encoding="utf-8")
    assert "Mi despedida." in text and '"10:00", "11:00"' in text
    stale = fields_of(carla.get(HOURS).text)
    save(oscar, HOURS, {"w0_mon": "12:00-13:00"})
    answer = carla.post(HOURS, {**stale, **REASON, "w0_mon": "09:00-20:00"})
    assert answer.status_code == 409 and "mismos renglones" in answer.text
    assert "12:00" in fields_of(answer.text)["text"] and "09:00" in answer.text


def test_a_scheduled_change_comes_into_force_in_its_time_and_survives_a_restart(
    site: Site, enter, accounts_text: str
) -> None:
    room, _, catalogue = site
    carla = enter("carla")
    due = room.now[0] + timedelta(days=1)
    answer = save(carla, TEXTS, {"p_despedida": "Desde mañana."}, effective=due.strftime("%Y-%m-%dT%H:%M"))
    version = room.content.versions.get_one(version_of(answer))
    assert version.standing is Standing.SCHEDULED
    assert "Programada" in carla.get(OWN).text and "pendiente" in carla.get(TEXTS).text
    assert room.content.apply_due() == []
    save(carla, HOURS, {"w1_mon": "10:00-11:00"})
    afresh = type(room.content)(room.content.place, type(room.content.versions)(room.engine), room.log, lambda: due)
    assert [one.standing for one in afresh.apply_due()] == [Standing.APPLIED]
    campaign = known(catalogue)
    assert campaign.prompts["despedida"] == "Desde mañana."
    assert not campaign.people_attend(Channel.WEBCHAT, datetime(2026, 11, 30, 9, tzinfo=CENTRE)), "joined with it"
    assert afresh.apply_due() == []


def test_a_scheduled_change_may_be_withdrawn(site: Site, enter) -> None:
    room, _, catalogue = site
    carla = enter("carla")
    due = room.now[0] + timedelta(hours=1)
    number = version_of(
        save(carla, TEXTS, {"p_despedida": "No va."}, effective=due.strftime("%Y-%m-%dT%H:%M"))
    )  # fmt: skip
    assert carla.post(f"/admin/content/versions/{number}/end", {"reason": ""}).status_code == 422
    assert carla.post(f"/admin/content/versions/{number}/end", REASON).status_code == 303
    room.now[0] = due + timedelta(hours=1)
    assert room.content.apply_due() == []
    assert known(catalogue).prompts["despedida"] != "No va."


class TestTwoPeople:
    """As the specification asks for outside the sandbox."""

    @pytest.fixture
    def site(self, tmp_path: Path, accounts_text: str) -> Iterator[Site]:
        made = build_site(tmp_path, accounts_text, Approvals.SPECIFIED)
        yield made
        made[0].engine.dispose()

    def approve(self, room: Room, username: str, number: int, password: str = PASSWORD):
        digest = room.content.versions.get_one(number).after_sha256
        form = {"after_sha256": digest, "password": password}
        return log_in(room, username).post(f"/admin/content/versions/{number}/approve", form)

    def test_a_text_needs_another_person_of_the_institution(self, site: Site, enter) -> None:
        room, _, catalogue = site
        number = version_of(save(enter("carla"), TEXTS, {"p_despedida": "Con permiso."}))
        assert known(catalogue).prompts["despedida"] != "Con permiso."
        assert "propio" in self.approve(room, "carla", number).text
        assert self.approve(room, "pablo", number).status_code == 422, "the provider does not speak for the institution"
        assert self.approve(room, "tomas", number, "no es esta").status_code == 422
        assert "espera aprobación" in enter("tomas").get("/admin").text
        assert self.approve(room, "tomas", number).status_code == 303
        assert known(catalogue).prompts["despedida"] == "Con permiso."
        back = enter("carla").post(f"/admin/content/versions/{number}/take-back", REASON)
        assert room.content.versions.get_one(version_of(back)).standing is Standing.APPLIED

    def test_hours_need_a_person_of_each_party(self, site: Site, enter) -> None:
        room, _, _ = site
        number = version_of(save(enter("carla"), HOURS, {"w0_mon": "10:00-11:00"}))
        assert self.approve(room, "tomas", number).status_code == 303
        assert room.content.versions.get_one(number).standing is Standing.PRELIMINARY
        assert self.approve(room, "irene", number).status_code == 422
        assert self.approve(room, "pablo", number).status_code == 303
        assert room.content.versions.get_one(number).standing is Standing.APPLIED

    def test_what_others_approved_is_never_changed_afterwards(self, site: Site, enter) -> None:
        room, root, _ = site
        number = version_of(save(enter("carla"), TEXTS, {"p_despedida": "Con permiso."}))
        path = root / CAMPAIGN
        path.write_text(f"# a mano\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        assert self.approve(room, "tomas", number).status_code == 303
        assert room.content.versions.get_one(number).standing is Standing.CONFLICT
        assert path.read_text(encoding="utf-8").startswith("# a mano")

    def test_a_change_may_be_refused(self, site: Site, enter) -> None:
        room, _, _ = site
        number = version_of(save(enter("carla"), TEXTS, {"p_despedida": "Con permiso."}))
        assert enter("tomas").post(f"/admin/content/versions/{number}/end", REASON).status_code == 303
        assert room.content.versions.get_one(number).standing is Standing.REFUSED
        assert self.approve(room, "tomas", number).status_code == 422


def test_the_provider_only_proposes(site: Site, enter) -> None:
    room, _, _ = site
    number = version_of(save(enter("oscar"), TEXTS, {"p_despedida": "Del proveedor."}))
    assert room.content.versions.get_one(number).standing is Standing.PRELIMINARY
