"""The rules of the house: who may import whom, how light an import is, what a file may say."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "heterodot"

GROUND = {
    "errors", "bonds", "checks", "constraints", "deprecation", "lazy", "moved", "provenance",
    "notices", "occupancy", "adsorbate", "own_files", "paths", "writing", "",
}  # fmt: skip
FLOORS = {
    "data": GROUND | {"data"},
    "structures": GROUND | {"data", "structures"},
    "analysis": GROUND | {"data", "analysis"},
    "calculators": GROUND | {"data", "calculators"},
    "workflows": GROUND | {"data", "structures", "calculators", "analysis", "workflows"},
    "cli": GROUND | {"data", "structures", "calculators", "analysis", "workflows", "cli"},
    "": GROUND,
}
"""Room: what it may import."""

LAZY = {"scipy", "pymatgen", "spglib", "phonopy", "matplotlib", "tblite", "gpaw", "pydantic"}
"""Imported where they are used, never by importing a room."""


@cache
def _tree(path: Path) -> ast.Module:
    """Parse a file, once for all tests; look at it, do not change it."""
    return ast.parse(path.read_text())


def _imports(path: Path) -> list[str]:
    """Every heterodot module a file imports, wherever in the file."""
    found = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module]
            if node.module == "heterodot":
                names = [f"heterodot.{alias.name}" for alias in node.names]
            found += names
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [name for name in found if name.split(".")[0] == "heterodot"]


def _room(module: str) -> str:
    parts = module.split(".")
    rooms = [part for part in parts[1:2] if (SOURCE / part).is_dir()]
    return rooms[0] if rooms else parts[1] if len(parts) > 1 and parts[1] in GROUND else ""


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.name))
def test_no_import_runs_upward(path):
    inside = path.relative_to(SOURCE).parts
    room = inside[0] if len(inside) > 1 else ""
    for module in _imports(path):
        target = _room(module)
        assert target in FLOORS[room], f"{path.relative_to(ROOT)} imports {module}"


FULL = 16
"""Most modules in one folder: more want to be two."""


def test_no_folder_is_crowded():
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    for folder in folders:
        modules = [p.name for p in folder.glob("*.py") if p.name != "__init__.py"]
        assert len(modules) <= FULL, f"{folder.relative_to(ROOT)} has {len(modules)} modules"


def test_tests_stand_where_what_they_test_stands():
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.parent.relative_to(ROOT / "tests")
        if folder != Path("faults"):
            assert (SOURCE / folder).is_dir(), f"{path.relative_to(ROOT)}: no such folder in src"


ORDER = ("tasks", "store", "running", "parts", "questions", "study", "jobs")
"""The packages of workflows; each may import those before it."""

UPWARD: set[tuple[str, str]] = set()
"""(Importer, imported) within workflows that still run upward; to be emptied, never added to."""


def test_workflows_import_in_order():
    """Counting imports in functions and for types."""
    upward = set()
    for path in (SOURCE / "workflows").rglob("*.py"):
        own = path.relative_to(SOURCE / "workflows").parts
        if len(own) == 1:
            continue
        module = ".".join(own).removesuffix(".py").removesuffix(".__init__")
        for name in _imports(path):
            target = name.removeprefix("heterodot.workflows.")
            place = target.split(".")[0]
            if place in ORDER and ORDER.index(place) > ORDER.index(own[0]):
                upward.add((module, target))
    assert upward == UPWARD


def _at_run_time(path: Path) -> ast.Module:
    """Parse a file without what only a type checker reads."""

    class Keep(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.If | None:
            checked = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if checked else self.generic_visit(node)

    return Keep().visit(ast.parse(path.read_text()))


def _import_graph() -> dict[str, set[str]]:
    """Module: the modules of heterodot it imports when it runs, anywhere in its file."""
    files = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        files[".".join(p for p in parts if p != "__init__")] = path
    graph = {}
    for module, path in files.items():
        found = set()
        for node in ast.walk(_at_run_time(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {n if n in files else node.module for n in names}
        graph[module] = {m for m in found if m in files and m != module}
    return graph


def test_no_imports_run_in_a_circle():
    """Nor do those inside functions: take away what imports nothing that is left, till none is."""
    graph = _import_graph()
    while True:
        free = {module for module, imports in graph.items() if not imports & graph.keys()}
        if not free:
            break
        graph = {module: imports for module, imports in graph.items() if module not in free}
    circles = {m: sorted(i & graph.keys()) for m, i in graph.items()}
    assert not graph, f"in a circle, or above one: {circles}"


def _loaded_by(statement: str) -> tuple[set[str], float]:
    """Top-level packages a fresh interpreter has after a statement, and the CPU seconds it took."""
    code = (
        "import json, sys, time; start = time.process_time()\n"
        f"{statement}\n"
        "print(json.dumps([sorted({m.split('.')[0] for m in sys.modules}), "
        "time.process_time() - start]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages, seconds = json.loads(run.stdout)
    return set(packages), seconds


@pytest.mark.parametrize("room", ["structures", "calculators", "analysis", "workflows", "cli"])
def test_importing_a_room_is_light(room):
    packages, _ = _loaded_by(f"import heterodot.{room}")
    own = {"scipy"} if room == "workflows" else set()  # by way of ase.constraints
    assert packages & LAZY <= own


def test_importing_heterodot_is_quick():
    packages, seconds = min((_loaded_by("import heterodot") for _ in range(3)), key=lambda x: x[1])
    assert "ase" not in packages
    assert seconds < 0.3


def test_help_is_quick():
    code = "from heterodot.cli import main; main(['--help'])"
    timed = f"import time; s = time.process_time()\ntry:\n    {code}\nfinally:\n    " + (
        "import sys; print(time.process_time() - s, file=sys.stderr)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    assert "Usage: heterodot" in runs[0].stdout
    assert min(float(run.stderr) for run in runs) < 0.5


def test_the_library_neither_prints_nor_leaves():
    """No print, sys.exit, os.chdir or bare except outside the command line."""
    for path in SOURCE.rglob("*.py"):
        if path.parent.name == "cli" or path.name == "worker.py":
            continue
        for node in ast.walk(_tree(path)):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                name = _plain_name(node.func)
                assert name not in ("print", "sys.exit", "exit", "os.chdir"), where
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, where


def _plain_name(function: ast.expr) -> str:
    """Return the name of what is called: ``print``, ``sys.exit``; "" for anything longer."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def test_modules_and_functions_fit_the_eye():
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        assert text.count("\n") < 500, f"{path.relative_to(ROOT)} is long: one idea per module"
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef):
                body = [n for n in node.body if not _is_docstring(n)]
                length = node.end_lineno - body[0].lineno + 1 if body else 0
                assert length <= 60, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_every_public_name_of_a_room_exists_and_is_documented():
    import importlib

    for room in ("structures", "calculators", "analysis", "workflows"):
        module = importlib.import_module(f"heterodot.{room}")
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing):
                assert thing.__doc__, f"heterodot.{room}.{name} has no docstring"


def test_no_machine_path_or_registry_in_committed_files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git work tree")
    pattern = re.compile(r"/(?:root|home|Users|work)/\w+|(?:extra-)?index-url|find-links")
    for name in listed.stdout.split():
        path = ROOT / name
        if path.suffix in (".py", ".md", ".yaml", ".toml", ".cfg", "") and path.is_file():
            if path == Path(__file__):
                continue
            hit = pattern.search(path.read_text(errors="replace"))
            assert hit is None, f"{name}: {hit and hit.group()}"
