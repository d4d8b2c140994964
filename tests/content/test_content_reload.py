"""Content is in force as soon as it is saved; a slip of the pen takes nothing off the air; production asks approval."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from content.articles import parse_article
from content.catalogue import Catalogue
from content.files import ContentError, HotFile, parse_yaml
from content.menus import Menu, parse_menu
from conversation.campaign import Campaign
from conversation.message import Channel

Edit = Callable[[str, str, str], Path]
CAMPAIGN = "bots/cita_medica/campaign.yml"
MENU = "bots/cita_medica/menu.yml"
PROMPTS = "bots/shared/prompts.yml"
SURVEY = "bots/shared/survey.yml"


def cita_medica(catalogue: Catalogue) -> Campaign:
    """The campaign as it is in force."""
    campaign = catalogue.get("cita_medica")
    assert campaign is not None
    return campaign


# ---------------------------------------------------------------------------------------- what is saved is in force


def test_a_campaigns_text_changes_without_restart(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    before = cita_medica(catalogue).version
    edit(CAMPAIGN, "¿Qué desea hacer?", "¿Qué cita necesita?")
    assert cita_medica(catalogue).prompts["como_apoyarle"].startswith("¿Qué cita necesita?")
    assert cita_medica(catalogue).version != before, "who served is another version"


def test_hours_change_without_restart(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    assert cita_medica(catalogue).windows[0].weekly["sat"] == (("08:00", "14:00"),)
    edit(CAMPAIGN, 'sat: [["08:00", "14:00"]]', 'sat: [["09:00", "13:00"]]')
    assert cita_medica(catalogue).windows[0].weekly["sat"] == (("09:00", "13:00"),)


def test_a_menu_changes_without_restart(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    cita_medica(catalogue)
    edit(MENU, "Confirmar mi cita", "Confirmar una cita")
    assert "Confirmar una cita" in [choice.title for choice in cita_medica(catalogue).greeting_choices]


def test_a_shared_text_changes_without_restart(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    for _ in range(2):
        cita_medica(catalogue)
    edit(PROMPTS, "Gracias por comunicarse", "Le agradecemos comunicarse")
    assert cita_medica(catalogue).prompts["despedida"].startswith("Le agradecemos")


def test_a_shared_text_changes_for_campaigns_of_the_directory(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    catalogue.get("velatorios")
    edit(PROMPTS, "Gracias por comunicarse", "Le agradecemos comunicarse")
    found = catalogue.get("velatorios")
    assert found is not None and found.prompts["despedida"].startswith("Le agradecemos")


def test_business_rules_articles_and_emergency_words_change_without_restart(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    assert catalogue.settings("cita_medica").business_rules["min_lead_hours"] == 12
    assert not catalogue.emergency().found_in("me picó un alacrán")
    assert catalogue.articles.get("cita_medica", "que_llevar") is not None
    edit(CAMPAIGN, "min_lead_hours: 12", "min_lead_hours: 24")
    edit("bots/shared/emergency.yml", "  - infarto\n", "  - infarto\n  - pico un alacran\n")
    edit("knowledge/cita_medica/que_llevar.md", "Llegue unos minutos antes", "Llegue diez minutos antes")
    assert catalogue.settings("cita_medica").business_rules["min_lead_hours"] == 24
    assert catalogue.emergency().found_in("me picó un alacrán")
    article = catalogue.articles.get("cita_medica", "que_llevar")
    assert article is not None and article.body.startswith("Llegue diez")


def test_a_new_article_is_found_without_restart(copy: Path) -> None:
    catalogue = Catalogue(copy)
    assert catalogue.articles.get("cita_medica", "nuevo") is None
    source = copy / "knowledge" / "cita_medica" / "que_llevar.md"
    source.with_name("nuevo.md").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    assert catalogue.articles.get("cita_medica", "nuevo") is not None


def test_the_same_files_are_always_the_same_version(copy: Path) -> None:
    catalogue = Catalogue(copy)
    versions = {cita_medica(catalogue).version for _ in range(3)} | {cita_medica(Catalogue(copy)).version}
    assert len(versions) == 1


# ---------------------------------------------------------------------------------------- a slip of the pen


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (CAMPAIGN, "topics:", "topics: ["),  # not YAML
        (CAMPAIGN, "automation: bot", "automation: robot"),  # not a campaign
        (CAMPAIGN, 'name: "Cita', 'nombre: "Cita'),
        (MENU, "options:", "opciones:"),
        (MENU, 'key: "2"', 'key: "dos"'),
        (PROMPTS, "prompts:", "prompts: ["),
    ],
)
def test_a_broken_file_leaves_the_last_good_content_in_force(
    copy: Path, edit: Edit, name: str, old: str, new: str
) -> None:
    catalogue = Catalogue(copy)
    before, menu = cita_medica(catalogue), catalogue.menu("cita_medica")
    edit(name, old, new)
    after = cita_medica(catalogue)
    assert (after.name, after.prompts, after.windows) == (before.name, before.prompts, before.windows)
    assert catalogue.menu("cita_medica") == menu


def test_mending_the_file_brings_it_into_force(copy: Path, edit: Edit) -> None:
    catalogue = Catalogue(copy)
    cita_medica(catalogue)
    edit(MENU, "options:", "opciones:")
    cita_medica(catalogue)
    edit(MENU, "opciones:", "options:")
    edit(MENU, "Confirmar mi cita", "Confirmar una cita")
    assert "Confirmar una cita" in [choice.title for choice in cita_medica(catalogue).greeting_choices]


@pytest.fixture
def menu_file(tmp_path: Path) -> HotFile[Menu]:
    path = tmp_path / "menu.yml"
    path.write_text('options:\n  - {key: "1", title: Citas, topic: citas}\n', encoding="utf-8")
    file = HotFile(path, parse_menu)
    assert file.get().options[0].title == "Citas" and file.problem is None
    return file


def test_the_problem_names_file_line_and_column(menu_file: HotFile[Menu]) -> None:
    good, version = menu_file.get(), menu_file.version
    menu_file.path.write_text('options:\n  - {key: "1", title: Citas, topic: citas\n  - {key: "2"\n', encoding="utf-8")
    assert menu_file.get() == good and menu_file.version == version
    assert menu_file.problem is not None
    assert str(menu_file.path) in str(menu_file.problem) and "line 3" in str(menu_file.problem)
    menu_file.path.write_text('options:\n  - {key: "1", title: Otras, topic: citas}\n', encoding="utf-8")
    assert menu_file.get().options[0].title == "Otras" and menu_file.problem is None


def test_the_problem_names_the_option_that_is_wrong(menu_file: HotFile[Menu]) -> None:
    menu_file.path.write_text('options:\n  - {key: "1", title: Citas}\n', encoding="utf-8")
    menu_file.get()
    assert "leads nowhere" in str(menu_file.problem) and "options > 0" in str(menu_file.problem)


def test_a_file_saved_in_another_encoding_leaves_the_last_good_content(menu_file: HotFile[Menu]) -> None:
    good = menu_file.get()
    menu_file.path.write_text('options:\n  - {key: "1", title: Atención médica, topic: citas}\n', encoding="latin-1")
    assert menu_file.get() == good
    assert str(menu_file.path) in str(menu_file.problem)


def test_a_file_that_is_missing_for_a_moment_leaves_the_last_good_content(menu_file: HotFile[Menu]) -> None:
    good = menu_file.get()
    menu_file.path.rename(menu_file.path.with_suffix(".bak"))  # as editors do while they save
    assert menu_file.get() == good


def test_a_file_that_was_never_good_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="missing"):
        HotFile(tmp_path / "menu.yml", parse_menu).get()
    (tmp_path / "menu.yml").write_text("options: [", encoding="utf-8")
    with pytest.raises(ContentError, match=r"menu\.yml, line 1"):
        HotFile(tmp_path / "menu.yml", parse_menu).get()


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    path, read = tmp_path / "a.yml", []

    def parse(text: str, _: Path) -> str:
        read.append(text)
        return text

    path.write_text("uno", encoding="utf-8")
    file = HotFile(path, parse)
    assert [file.get(), file.get()] == ["uno", "uno"] and read == ["uno"]
    path.write_text("dos", encoding="utf-8")
    os.utime(path, ns=(1, 1))  # an older copy brought back is a change too
    assert file.get() == "dos"


SAME_KEYS = '{key: "2", title: Dos, topic: dos}, {key: "2", title: Tres, topic: tres}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "menu"),
        ("options: []", "options"),
        ('options: [{key: "1", title: ""}]', "title"),
        ('options: [{key: "11", title: Uno, topic: uno}]', "key"),
        ('options: [{key: "1", title: Uno, topic: uno, otro: 1}]', "otro"),
        (f"options: [{SAME_KEYS}]", "twice"),
        (f'options: [{{key: "1", title: Uno, options: [{SAME_KEYS}]}}]', "twice"),
    ],
)  # fmt: skip
def test_wrong_menus_are_refused_with_their_reason(text: str, problem: str) -> None:
    with pytest.raises(ContentError, match=problem) as caught:
        parse_menu(text, Path("menu.yml"))
    assert "menu.yml" in str(caught.value)


HEAD = "topic: a\ntitle: A\nnormativa: N\ntramite: T\napproval: ejemplo\nversion: 1\n"


@pytest.mark.parametrize(
    "text",
    ["Sin encabezado", f"---\n{HEAD}", f"---\n{HEAD}otro: 1\n---\nTexto", "---\ntopic: a\n---\nTexto",
     "---\n---\nTexto", "---\n[\n---\nTexto", "---\nuno, dos\n---\nTexto"],
)  # fmt: skip
def test_wrong_articles_are_refused_with_their_file(text: str) -> None:
    with pytest.raises(ContentError, match="a.md"):
        parse_article(text, Path("a.md"))


def test_an_article_is_read(tmp_path: Path) -> None:
    article = parse_article(f"---\n{HEAD}---\nTexto --- con guiones.\n", Path("a.md"))
    assert article.body == "Texto --- con guiones." and article.related == ()


def test_yaml_that_builds_objects_is_refused() -> None:
    with pytest.raises(ContentError):
        parse_yaml("!!python/object/apply:os.system ['true']", Path("a.yml"))


# ---------------------------------------------------------------------------------------- approval


def test_production_refuses_texts_that_nobody_approved(copy: Path) -> None:
    with pytest.raises(ContentError, match="approval: aprobado") as caught:
        Catalogue(copy, "productivo")
    assert "prompts.yml" in str(caught.value)


@pytest.mark.parametrize("environment", ["sandbox", "no_productivo"])
def test_other_environments_serve_examples(copy: Path, environment: str) -> None:
    assert Catalogue(copy, environment).with_bot()


def test_production_serves_approved_texts(copy: Path, edit: Edit) -> None:
    edit("bots/derechohabiente/form.yml", "approval: ejemplo", "approval: aprobado")
    edit(PROMPTS, "approval: ejemplo", "approval: aprobado")
    edit(SURVEY, "approval: ejemplo", "approval: aprobado")
    assert Catalogue(copy, "productivo").with_bot()


def test_production_serves_no_article_that_nobody_approved(copy: Path, edit: Edit) -> None:
    edit("bots/derechohabiente/form.yml", "approval: ejemplo", "approval: aprobado")
    edit(PROMPTS, "approval: ejemplo", "approval: aprobado")
    edit(SURVEY, "approval: ejemplo", "approval: aprobado")
    edit("knowledge/cita_medica/que_llevar.md", "approval: ejemplo", "approval: aprobado")
    articles = Catalogue(copy, "productivo").articles
    assert articles.get("cita_medica", "que_llevar") is not None
    assert articles.get("cita_medica", "cita_especialidad") is None, "a person answers instead (knowledge/README.md)"


def test_texts_that_lose_their_approval_leave_production(copy: Path, edit: Edit) -> None:
    edit("bots/derechohabiente/form.yml", "approval: ejemplo", "approval: aprobado")
    edit(PROMPTS, "approval: ejemplo", "approval: aprobado")
    edit(SURVEY, "approval: ejemplo", "approval: aprobado")
    catalogue = Catalogue(copy, "productivo")
    said = cita_medica(catalogue).prompts["despedida"]
    edit(PROMPTS, "approval: aprobado", "approval: ejemplo")
    edit(PROMPTS, "Gracias por comunicarse", "Texto sin aprobar")
    assert cita_medica(catalogue).prompts["despedida"] == said


def test_what_a_campaign_words_itself_also_holds_by_telephone(copy: Path) -> None:
    path = copy / "bots" / "cita_medica" / "campaign.yml"
    catalogue = Catalogue(copy)
    assert cita_medica(catalogue).words("bienvenida", Channel.VOICE) != cita_medica(catalogue).prompts["bienvenida"]
    assert "{folio}" in cita_medica(catalogue).words("despedida", Channel.VOICE)
    path.write_text(path.read_text() + '  despedida: "Le agradecemos su llamada."\n')
    changed = Catalogue(copy)
    assert cita_medica(changed).words("despedida", Channel.VOICE) == "Le agradecemos su llamada."
    assert cita_medica(changed).words("bienvenida", Channel.WEBCHAT) == cita_medica(changed).prompts["bienvenida"]
