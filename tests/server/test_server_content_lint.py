"""`ventanilla lint`: every rule refuses what it is for, names file and line, and the repository itself passes."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actions.questions import DATA
from channels import voice_rules
from channels.voice_words import TEXTS
from content.catalogue import Catalogue
from content.findings import Finding
from content.prompt_rules import BEFORE_CHOICES, FILLED_IN, MAY_BE_FILLED_IN, UNWRITTEN, place_problems
from server.content_lint import lint

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN, MENU, PROMPTS = "bots/cita_medica/campaign.yml", "bots/cita_medica/menu.yml", "bots/shared/prompts.yml"
DIRECTORY, CANNED = "bots/shared/directory.yml", "bots/shared/canned.yml"
ARTICLE = "knowledge/cita_medica/que_llevar.md"
Refused = Callable[..., Finding]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Callable[[str, str, str], int]:
    """Replaces text in a file of the copy, as an administrator would; the line where the new text begins."""

    def replace(name: str, old: str, new: str) -> int:
        path = copy / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold «{old}»"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace


@pytest.fixture
def new_findings(copy: Path) -> Callable[[], list[Finding]]:
    """What the change brought about, beside what the repository has."""
    before = set(lint(copy))
    return lambda: [one for one in lint(copy) if (one.rule, one.message) not in {(b.rule, b.message) for b in before}]


def test_the_repository_has_no_errors() -> None:
    assert [str(one) for one in lint(ROOT) if one.is_error] == []


def test_the_repositorys_warnings_are_known() -> None:
    rules = {one.rule for one in lint(ROOT)}
    assert rules <= {"whatsapp-titulo", "whatsapp-numerado", "voz-menu-largo"}


TITLE = '"Confirmar mi cita"'
HELP = 'ayuda: "Puedo apoyarle con estos temas.'
OPTION = '  - {key: "2", title: "Confirmar mi cita", topic: confirmar_cita}\n'
PROMPT = '  como_apoyarle: "¿Qué desea hacer?'
WINDOWS = "    applies_to: [voice, web_chat, whatsapp]"


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "below"),
    [
        (MENU, TITLE, '"Cancelar mi cita"', "titulo-repetido", 1),
        (MENU, '{key: "2", title: "Conf', '{key: "3", title: "Conf', "tecla-repetida", 1),
        (MENU, '{key: "2", title: "Conf', '{title: "Conf', "tecla-faltante", 0),
        (MENU, OPTION, OPTION + "".join(OPTION.replace('"2"', f'"{n}"') for n in range(4)), "menu-opciones", 15),
        (MENU, "options:", "opciones:", "menu-vacio", 0),
        (MENU, TITLE, '"Confirmar en imss.gob.mx"', "voz-direccion", 0),
        (MENU, TITLE, '"Confirmar 👍"', "voz-emoji", 0),
        (PROMPTS, HELP, 'ayuda: "Escriba a ayuda@imss.gob.mx.', "voz-correo", 0),
        (PROMPTS, HELP, 'ayuda: "Vea https://www.imss.gob.mx/citas.', "voz-direccion", 0),
        (PROMPTS, HELP, 'ayuda: "**Importante**: diga su tema.', "voz-formato", 0),
        (PROMPTS, HELP, 'ayuda: "Vea [la página](x).', "voz-formato", 0),
        (PROMPTS, HELP, 'ayuda: "Vea <b>esto</b>.', "voz-formato", 0),
        (PROMPTS, HELP, 'ayuda: "Puedo apoyarle 😀.', "voz-emoji", 0),
        (PROMPTS, HELP, 'ayuda: "Acuda a la Subdel. Norte. Está en S.A. de C.V. y cerca.', "voz-abreviatura", 0),
        (PROMPTS, HELP, 'ayuda: "- a\\n- b\\n- c\\n- d\\n- e\\n- f', "voz-lista", 0),
        (PROMPTS, HELP, 'ayuda: "' + "Palabras. " * 110, "whatsapp-cuerpo", 0),
        (PROMPTS, '  queja: "', '  queja: "' + "Palabras. " * 420, "whatsapp-texto", 0),
        (PROMPTS, HELP, 'ayuda: "{nombre}, puedo apoyarle.', "campo-desconocido", 0),
        (PROMPTS, "{apertura}", "mañana", "campo-faltante", 0),
        (PROMPTS, HELP, 'ayuda: "{nombre, puedo apoyarle.', "llaves", 0),
        (CAMPAIGN, PROMPT, '  como_apoyrle: "x"\n' + PROMPT, "texto-desconocido", 0),
        (CAMPAIGN, PROMPT, '  como_apoyarle: "…"\n' + PROMPT, "yaml-repetido", 1),
        (CAMPAIGN, "[webchat, whatsapp, voice]", "[webchat, fax]", "canal-desconocido", 0),
        (CAMPAIGN, WINDOWS, "    applies_to: [voice, web_chat]", "canal-sin-horario", -4),
        (CAMPAIGN, "topics:", "topics: [", "yaml", 1),
        (CAMPAIGN, "topics:", "topics: []\nothers:", "sin-temas", 0),
        (CAMPAIGN, "windows:", "timezone: America/Mexico\nwindows:", "zona-horaria", 0),
        (CAMPAIGN, 'mon: [["08:00", "20:00"]]', 'lun: [["08:00", "20:00"]]', "horario-dia", 0),
        (CAMPAIGN, 'mon: [["08:00", "20:00"]]', 'mon: [["8:00", "20:00"]]', "horario", 0),
        (CAMPAIGN, 'mon: [["08:00", "20:00"]]', 'mon: [["20:00", "08:00"]]', "horario", 0),
        (CAMPAIGN, 'mon: [["08:00", "20:00"]]', 'mon: [["08:00", "14:00"], ["13:00", "20:00"]]', "horario", 0),
        (CAMPAIGN, 'holiday: [["08:00", "14:00"]]', 'holiday: [["08:00"]]', "horario", 0),
        (DIRECTORY, 'mon: [["08:00", "20:00"]]', 'mon: [["08:00", "24:30"]]', "horario", 0),
        (CANNED, "- {group:", "- {grupo:", "contenido", -2),
        (CANNED, "- {group:", "- [group:", "yaml", 0),
        (CAMPAIGN, 'say: "Cambiar', 'say: "**Cambiar**', "voz-formato", 0),
        (CAMPAIGN, 'label: "Cancelar cita"', 'label: "Cancelar ✂"', "voz-emoji", 0),
        ("bots/shared/emergency.yml", "cuelgue y marque 911", "marque *911* o use `tel`", "voz-formato", 0),
        (ARTICLE, "approval: ejemplo", "approval: casi", "articulo-aprobacion", 0),
        (ARTICLE, "topic: que_llevar", "topic: otra_cosa", "articulo-tema", 0),
        (ARTICLE, "link: null", "link: http://imss.gob.mx", "articulo-enlace", 0),
        (ARTICLE, "related: [", "related: [no_existe, ", "articulo-relacionados", 0),
        (ARTICLE, "related: [", "related: [que_llevar, que_llevar, que_llevar, ", "articulo-relacionados", 0),
        (ARTICLE, "version: 1", "version: [", "yaml", 2),
        (ARTICLE, "---\ntopic", "topic", "articulo", 0),
    ],
)  # fmt: skip
def test_each_rule_refuses_what_it_is_for_and_names_the_line(
    edit: Callable[[str, str, str], int], new_findings: Callable[[], list[Finding]],
    file: str, old: str, new: str, rule: str, below: int,
) -> None:  # fmt: skip
    line = edit(file, old, new)
    found = [one for one in new_findings() if one.rule == rule]
    assert found, [str(one) for one in new_findings()]
    assert str(found[0].path) == file and found[0].is_error
    assert found[0].line == line + below, str(found[0])


@pytest.mark.parametrize(
    ("added", "rule", "line", "is_error"),
    [
        ("x" * 701, "articulo-largo", 11, True),
        ("Una.\nDos en www.imss.gob.mx/citas.", "voz-direccion", 12, True),
        ("Lleve:\n- a\n- b\n- c\n- d\n- e\n- f", "voz-lista", 17, True),
        ("Una.\n\nDos.", "articulo-renglon", 12, False),
        ("", "articulo-vacio", 10, True),
        ("😀", "voz-vacio", 11, True),
        ("Está en Av. Reforma, C.P. 06600.", "voz-abreviatura", 11, False),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_article_is_found_on_its_line(
    copy: Path, added: str, rule: str, line: int, is_error: bool
) -> None:
    path = copy / ARTICLE
    head = path.read_text(encoding="utf-8").split("---\n")[1]
    path.write_text(f"---\n{head}---\n{added}\n", encoding="utf-8")
    assert head.count("\n") == 8
    found = [one for one in lint(copy) if one.rule == rule]
    assert [(str(one.path), one.line, one.is_error) for one in found][:1] == [(ARTICLE, line, is_error)]


def test_an_article_that_nobody_is_given_is_a_warning(copy: Path) -> None:
    path = copy / ARTICLE
    path.with_name("huerfano.md").write_text(
        path.read_text(encoding="utf-8").replace("que_llevar", "huerfano"), encoding="utf-8"
    )
    (orphan,) = [one for one in lint(copy) if one.rule == "articulo-sin-tema"]
    assert not orphan.is_error and orphan.path.name == "huerfano.md"


def test_two_titles_that_look_alike_once_cut_are_refused(edit: Callable[[str, str, str], int], copy: Path) -> None:
    edit(MENU, TITLE, '"Consultar las citas de mi familia"')
    line = edit(MENU, '"Cancelar mi cita"', '"Consultar las citas de mi trabajo"')
    found = [one for one in lint(copy) if one.rule == "whatsapp-titulos-iguales"]
    assert [(one.line, one.is_error) for one in found] == [(line, True)]


def test_a_rule_holds_only_for_channels_that_are_on(edit: Callable[[str, str, str], int], copy: Path) -> None:
    edit(MENU, TITLE, '"Confirmar en imss.gob.mx 👍"')
    edit(CAMPAIGN, "[webchat, whatsapp, voice]", "[webchat]")
    mine = [one.rule for one in lint(copy) if str(one.path) == MENU]
    assert mine == [], "the web shows it all"


def test_a_file_that_is_not_utf_8_is_named(copy: Path) -> None:
    for name in (ARTICLE, CAMPAIGN):
        (copy / name).write_bytes(b"---\nname: \xff")
        assert name in {str(one.path) for one in lint(copy) if one.is_error and "UTF-8" in one.message}


def test_what_only_the_catalogue_knows_is_refused_too(edit: Callable[[str, str, str], int], copy: Path) -> None:
    edit(CAMPAIGN, "agent_type: basico", "agent_typo: basico")
    (found,) = [one for one in lint(copy) if one.is_error]
    assert found.rule == "contenido" and "cita_medica" in found.message and "agent_typ" in found.message


@pytest.mark.parametrize(
    "text",
    [
        "Su cita es a las 8:45. Llegue antes.", "Marque * para repetir.", "Son 20 °C.", "¿Sí? No. Puede seguir.",
        "Lleve:\n- a\n- b\n- c\n- d\n- e", "Marque 911. 24 horas.", "Es gratis.", "Use la tecla #.",
    ],
)  # fmt: skip
def test_what_a_call_can_say_is_left_alone(text: str) -> None:
    assert list(voice_rules.text_problems(text)) == []


def test_warnings_alone_pass_and_errors_do_not(copy: Path, edit: Callable[[str, str, str], int]) -> None:
    def ventanilla_lint(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from server.command_line import main; raise SystemExit(main())"]
        given = [*command, "lint", *options]
        return subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False)

    clean = ventanilla_lint(str(copy))
    assert clean.returncode == 0 and "0 errores" in clean.stdout and "aviso [whatsapp-titulo]" in clean.stdout
    line = edit(PROMPTS, HELP, 'ayuda: "Vea https://www.imss.gob.mx/citas.')
    refused = ventanilla_lint(str(copy), "--errors-only")
    assert refused.returncode == 1 and "1 error" in refused.stdout
    assert refused.stderr.startswith(f"{PROMPTS}:{line}: error [voz-direccion] «https://www.imss.gob.mx/citas")
    nowhere = ventanilla_lint(str(copy / "knowledge"))
    assert nowhere.returncode == 1 and "bots" in nowhere.stderr


def _calls() -> Iterator[tuple[str, frozenset[str]]]:
    """Every prompt that the code says by name, and what it fills in."""
    for room in ("actions", "conversation", "channels", "server", "desk"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    owner, name = ast.unparse(node.func.value), node.args[0]
                    says = node.func.attr == "prompt" or (node.func.attr == "get" and owner.endswith("prompts"))
                    if says and isinstance(name, ast.Constant) and isinstance(name.value, str):
                        filled = {one.arg for one in node.keywords if one.arg} if node.func.attr == "prompt" else set()
                        yield name.value, frozenset(filled)


def test_the_rules_know_every_prompt_that_the_code_says_and_what_it_fills_in() -> None:
    calls = list(_calls())
    assert len(calls) > 20
    written = Catalogue(ROOT).get("recepcion")
    assert written is not None
    known = {*written.prompts, *TEXTS, *UNWRITTEN, *(f"pregunta_{name}" for name in DATA)}
    assert {name for name, _ in calls} <= known
    assert {name: filled for name, filled in calls if filled}.items() <= {**FILLED_IN, **MAY_BE_FILLED_IN}.items()
    assert known >= BEFORE_CHOICES | FILLED_IN.keys()


def test_places_are_named_in_the_message() -> None:
    (problem,) = place_problems("Atendemos {apertura} {hora}.", frozenset({"apertura"}))
    assert re.search(r"\{hora\}.*\{apertura\}", problem.message)
