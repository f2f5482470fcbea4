"""The layout: who may import whom, how light an import is, what a file may say."""

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
    "notices", "occupancy", "options", "adsorbate", "own_files", "paths", "records", "writing", "",
}  # fmt: skip
MAY_IMPORT = {
    "data": GROUND | {"data"},
    "structures": GROUND | {"data", "structures"},
    "analysis": GROUND | {"data", "analysis"},
    "calculators": GROUND | {"data", "calculators"},
    "workflows": GROUND | {"data", "structures", "calculators", "analysis", "workflows"},
    "report": GROUND | {"data", "structures", "calculators", "analysis", "workflows", "report"},
    "cli": GROUND | {"data", "structures", "calculators", "analysis", "workflows", "report", "cli"},
    "": GROUND,
}
"""Package: what it may import."""

LAZY = {
    "scipy", "pymatgen", "spglib", "phonopy", "matplotlib", "tblite", "gpaw", "pydantic",
    "dftd3", "dftd4",
}  # fmt: skip
"""Imported where they are used, never by importing a package."""


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


def _package(module: str) -> str:
    parts = module.split(".")
    packages = [part for part in parts[1:2] if (SOURCE / part).is_dir()]
    return packages[0] if packages else parts[1] if len(parts) > 1 and parts[1] in GROUND else ""


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.name))
def test_no_import_runs_upward(path):
    inside = path.relative_to(SOURCE).parts
    package = inside[0] if len(inside) > 1 else ""
    for module in _imports(path):
        target = _package(module)
        assert target in MAY_IMPORT[package], f"{path.relative_to(ROOT)} imports {module}"


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


ORDER = ("tasks", "store", "running", "parts", "questions", "validation", "study", "jobs")
"""The packages of workflows; each may import those before it."""

STOREYS = 8
"""Floors of workflows at most: the longest chain of modules of which each imports the next."""


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
    assert not upward


def _texts(path: Path) -> set[str]:
    """Return the texts of a module that are no docstrings."""
    nodes = list(ast.walk(_tree(path)))
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = (n.value for n in nodes if isinstance(n, ast.Constant) and id(n) not in said)
    return {text for text in found if isinstance(text, str)}


def test_only_its_own_package_knows_a_code_by_name():
    """Nor a mode, a setting or a program of one; ASE is the library's name, too."""
    names = {"emt", "lj", "gfn1-xtb", "gfn2-xtb", "gpaw", "tblite", "lcao", "pw", "dipole_layer"}
    for path in SOURCE.rglob("*.py"):
        where = path.relative_to(SOURCE).as_posix()
        if not where.startswith(("calculators/gpaw/", "calculators/xtb/", "calculators/ase/")):
            texts = _texts(path)
            assert not names & texts, where
            assert not [text for text in texts if "tblite" in text], where


@cache
def _import_graph() -> dict[str, set[str]]:
    """Module: the modules of heterodot it imports, also in functions and for types."""
    files = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        files[".".join(p for p in parts if p != "__init__")] = path
    graph = {}
    for module, path in files.items():
        found = set()
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {n if n in files else node.module for n in names}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
        graph[module] = {m for m in found if m in files and m != module}
    return graph


def _floors(graph: dict[str, set[str]]) -> list[set[str]]:
    """Modules by floor, the ground first; those in a circle, or above one, are on none."""
    floors: list[set[str]] = []
    while free := {m for m, imports in graph.items() if not imports & graph.keys()}:
        floors.append(free)
        graph = {m: imports for m, imports in graph.items() if m not in free}
    return floors


def test_no_imports_run_in_a_circle():
    """Nor do those inside functions and for types."""
    graph = _import_graph()
    left = graph.keys() - set().union(*_floors(graph))
    assert not left, f"in a circle, or above one: { ({m: graph[m] & left for m in left}) }"


def test_workflows_are_not_high():
    """Counting imports in functions and for types; a package's list of names is no floor."""
    packages = {f"heterodot.{p.parent.relative_to(SOURCE).as_posix().replace('/', '.')}"
                for p in SOURCE.rglob("__init__.py")}  # fmt: skip
    inside = {
        module: imports
        for module, imports in _import_graph().items()
        if module.startswith("heterodot.workflows.") and module not in packages
    }
    floors = _floors(inside)
    assert len(floors) <= STOREYS, f"on top: {sorted(floors[-1])}"


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


@pytest.mark.parametrize("package", ["structures", "calculators", "analysis", "workflows", "cli"])
def test_importing_a_package_is_light(package):
    loaded, _ = _loaded_by(f"import heterodot.{package}")
    own = {"scipy"} if package == "workflows" else set()  # by way of ase.constraints
    assert loaded & LAZY <= own


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


def test_every_public_name_of_a_package_exists_and_is_documented():
    import importlib

    for package in ("structures", "calculators", "analysis", "workflows"):
        module = importlib.import_module(f"heterodot.{package}")
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing):
                assert thing.__doc__, f"heterodot.{package}.{name} has no docstring"


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
