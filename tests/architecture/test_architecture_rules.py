"""The rules of the house that a program can check (architecture.md, «Rules of the house»)."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = sorted({name.split(".")[0] for name in PROJECT["tool"]["setuptools"]["packages"]})
ROOMS = [*PACKAGES, "engine"]
MODULES = [*sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")), ROOT / "bootstrap.py"]
TESTS = sorted(path for room in ("tests", "benchmarks") for path in (ROOT / room).rglob("*.py"))
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
CACHES = {"__pycache__", ".import_linter_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
NOT_OURS = {".git", ".venv", ".venv-engine", "var", "node_modules", *CACHES}
# Folders of a workplace; written in pieces so that this file does not hold what it looks for.
WORKPLACE = re.compile(rf"(?<![\w.\-/])/(?:{'wor' + 'k'}|{'tm' + 'p'})(?=[/\s\"'`)\]]|$)", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(node: ast.AST) -> list[str]:
    """First names of what a statement imports; a relative import is one of our own."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").split(".")[0]] if not node.level else PACKAGES[:1]
    return []


def test_the_rooms_are_there() -> None:
    assert {"actions", "channels", "content", "conversation", "desk", "dialogue", "ledger", "server"} <= set(PACKAGES)
    assert len(MODULES) > 80


def test_dependencies_point_down() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_every_room_stands_in_the_contracts() -> None:
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_own_packages_are_imported_at_the_top(path: Path) -> None:
    tree = tree_of(path)
    top = {id(node) for node in tree.body}
    hidden = [
        f"line {node.lineno}: {imported(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in top and set(imported(node)) & set(PACKAGES)
    ]
    assert hidden == [], "an import inside a function or a condition hides a dependency"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_no_module_is_too_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, "split it by topic"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_no_function_is_too_long(path: Path) -> None:
    if path.parent.name == "versions":
        return  # a migration is a list of tables and is never rewritten
    long = [
        f"{one.name}, line {one.lineno}: {(one.end_lineno or 0) - one.lineno + 1} lines"
        for one in functions(tree_of(path))
        if (one.end_lineno or 0) - one.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert path.parent.name == "versions" or ast.get_docstring(tree_of(path))


def test_modules_are_named_after_what_they_do() -> None:
    parts = {name_of(path): {*path.relative_to(ROOT).parent.parts, path.stem} for path in MODULES}
    assert [name for name, found in parts.items() if found & BANNED_NAMES] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_error_is_swallowed(path: Path) -> None:
    """`except Exception` and bare `except` must raise again, or log the traceback where a request ends."""
    swallowed = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
        ):
            ends = [one for one in ast.walk(node) if isinstance(one, ast.Raise)]
            logged = [one for one in ast.walk(node) if isinstance(one, ast.Attribute) and one.attr == "exception"]
            if not ends and not logged:
                swallowed.append(f"line {node.lineno}")
    assert swallowed == []


@pytest.mark.parametrize("package", ["conversation"])
def test_the_core_needs_the_standard_library_and_pydantic_only(package: str) -> None:
    used = {
        name for path in (ROOT / package).rglob("*.py") for node in ast.walk(tree_of(path)) for name in imported(node)
    }
    assert used - set(sys.stdlib_module_names) <= {package, "pydantic"}


def project_files() -> Iterator[Path]:
    """Every text file of the project."""
    for path in sorted(ROOT.rglob("*")):
        if (
            path.is_file()
            and not NOT_OURS & set(path.relative_to(ROOT).parts)
            and path.suffix not in (".png", ".woff2", ".ico")
        ):
            yield path


def test_no_file_names_a_folder_of_a_workplace() -> None:
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        found += [f"{name_of(path)}: {match.group()}" for match in WORKPLACE.finditer(text)]
    assert found == []


def test_the_search_for_workplaces_finds_them() -> None:
    slash = "/"
    for text in (f"see {slash}work/main", f'"{slash}tmp/x"', f"{slash}tmp"):
        assert WORKPLACE.search(text)
    for text in ("network/work/a", "https://x.mx/work/a", "./tmp/a", "{tmp}/x", "/workers", "/tmpl"):
        assert not WORKPLACE.search(text)
