"""Every page names files, docs/one_message.md functions and classes too: each must be where the page says."""

import ast
import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAY = "docs/one_message.md"
PAGES = sorted(
    str(path.relative_to(ROOT))
    for glob in ("*.md", "docs/**/*.md", "*/README.md", "*/*/README.md")
    for path in ROOT.glob(glob)
    if not path.relative_to(ROOT).parts[0].startswith(".")
)
ROOMS = sorted(
    path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != "var"
)
# `conversation/service.py` `ConversationService.receive`
NAMED = re.compile(r"`([a-z_/]+\.py)`\s+`([A-Za-z_][\w.]*)`")
FILE = re.compile(r"`((?:" + "|".join(ROOMS) + r")/[\w./]*)`")
TUTORIAL = "yo_crezco"  # CONTRIBUTING.md makes these files; its own test reads them
STEPS = 22


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def names() -> list[tuple[str, str]]:
    return sorted(set(NAMED.findall(text(WAY))))


def definitions(path: Path) -> set[str]:
    """Dotted names of the classes, methods and functions of a module that this Python cannot import."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {f"{node.name}.{one.name}" for one in methods}
    return found


@pytest.mark.parametrize(("file", "name"), names(), ids=lambda part: part)
def test_every_name_on_the_way_exists(file: str, name: str) -> None:
    if file.startswith("engine/"):  # Rasa's Python 3.10
        assert name in definitions(ROOT / file)
        return
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    reduce(getattr, name.split("."), module)


def test_the_way_is_whole_and_in_order() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text(WAY), re.MULTILINE)]
    assert numbers == list(range(1, STEPS + 1))
    assert len(names()) >= STEPS
    rooms = {file.split("/")[0] for file, _ in names()}
    assert rooms >= {"channels", "conversation", "dialogue", "engine", "actions", "ledger", "evaluation", "server"}


def test_every_function_on_the_way_is_said_with_its_file() -> None:
    """A name in backticks without its file could not be checked, and would rot."""
    left = re.sub(r"`[\w./]+\.(?:py|yml)`", "", NAMED.sub("", text(WAY)))
    alone = set(re.findall(r"`([A-Za-z_][\w.]*)`", left))
    assert alone <= {"cita_medica", "IncomingMessage"}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_names_exists(page: str) -> None:
    named = {name for name in FILE.findall(text(page)) if TUTORIAL not in name}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text(page)) if "://" not in link]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
