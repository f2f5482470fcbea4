"""The steps a study (or the command line) builds a structure with: the builders, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError, StructureError
from heterodot.paths import kind_of, user_path
from heterodot.provenance import details
from heterodot.workflows.study.checking import check, nearest
from heterodot.workflows.study.parameters import (
    SITE_PARAMETERS,
    first_parameter,
    parameter_model,
)

if TYPE_CHECKING:
    from ase import Atoms
    from pydantic import BaseModel

    from heterodot.workflows.study.yamlfile import Document, Location

ALONE = (
    "molecule",
    "core_shell",
    "janus",
    "interface",
    "magic_size_cluster",
    "metal_cluster",
)
"""Builders that take nothing before them."""

FROM_CRYSTAL = ("pyramid", "cut", "slab", "quasirandom", "tetrahedral_cluster")
"""Builders that start from a crystal: the structure before them, or their key ``crystal``."""

ON_STRUCTURE = (
    "pin",
    "fill_cations",
    "defect_type",
    "apply_defect",
    "vacancy",
    "substitute",
    "antisite_pair",
    "passivate",
    "add_adsorbate",
    "co2_on_cluster",
    "place_guest",
    "anneal_short_range_order",
    "oxidize_interface",
    "substitute_halide",
    "add_z_ligands",
    "relax_valence_force_field",
)
"""Builders that take the structure before them."""

STEP_NAMES = ("crystal", *ALONE, *FROM_CRYSTAL, *ON_STRUCTURE, "charge")

_MATERIALS = ("core", "film", "substrate", "a", "b", "host")
"""Keys that name a crystal or a file of one."""


@dataclass(frozen=True)
class Step:
    """One checked building step.

    Attributes
    ----------
    name : str
    arguments : mapping
        Checked keywords of the builder.
    location : Location
        Where the study says it.
    """

    name: str
    arguments: Mapping[str, Any]
    location: Location

    @property
    def starts(self) -> bool:
        """Whether it needs no structure before it."""
        return self.name in ("crystal", *ALONE) or "crystal" in self.arguments


def read_step(data: Mapping[str, Any], document: Document, location: Location) -> Step:
    """Check one step of a build list: a mapping of one key, the builder's name.

    Raises
    ------
    StudyError
        One line that says where and what.
    """
    if len(data) != 1:
        given = ", ".join(data) or "nothing"
        raise document.error(
            location, f"given {given}, expected one step, such as 'pyramid: {{…}}'"
        )
    name, value = next(iter(data.items()))
    here = (*location, name)
    if name not in STEP_NAMES:
        known = ", ".join(STEP_NAMES)
        raise document.error(
            here, f"unknown step, expected one of {known}{nearest(name, STEP_NAMES)}"
        )
    if name == "charge":
        if not isinstance(value, int) or isinstance(value, bool):
            raise document.error(here, f"given {value!r}, expected a whole number of e")
        return Step(name, {"charge": value}, here)
    model = _model(name)
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        value = {_shorthand(name): value}
    arguments = check(model, value, document, here)
    return Step(name, arguments, here)


def run_step(step: Step, atoms: Atoms | None, folder: Path) -> Atoms:
    """Build: apply a step to the structure before it.

    Parameters
    ----------
    step : Step
    atoms : Atoms or None
        None for the first step.
    folder : Path
        What file names are relative to.

    Raises
    ------
    StructureError
        From the builder.
    """
    from heterodot import structures

    arguments = dict(step.arguments)
    if step.name == "crystal":
        return _crystal(arguments.pop("source"), folder, **arguments)
    builder: Callable[..., Atoms] = getattr(structures, step.name, _charge)
    for name in _MATERIALS:
        if isinstance(arguments.get(name), str):
            arguments[name] = _beside(arguments[name], folder)
    if step.name in ALONE:
        return builder(**arguments)
    if "crystal" in arguments:
        atoms = _crystal(arguments.pop("crystal"), folder)
    if atoms is None:
        raise StructureError(f"{step.name}: no structure before it, expected a step that makes one")
    if arguments.get("facets"):
        arguments["facets"] = [_facet(facet) for facet in arguments["facets"]]
    for name in SITE_PARAMETERS & set(arguments):
        arguments[name] = resolve_sites(atoms, arguments[name], many=_takes_many(name))
    return builder(atoms, **arguments)


def resolve_sites(atoms: Atoms, value: Any, many: bool = False) -> Any:
    """Turn a rule into atom numbers; numbers pass through.

    Parameters
    ----------
    atoms : Atoms
    value : int, list of int, mapping or "active"
        A mapping holds keywords of ``select_sites``; of several atoms the nearest is meant, or the
        one with fewest bonds, equal ones told apart by geometry. "active" is the atom beside the
        defect that ``defect_type`` made.
    many : bool
        Whether all atoms of a rule are meant, or the first.

    Raises
    ------
    StructureError
        If no atom fits the rule, or a number is out of range.
    """
    from heterodot.structures import select_sites

    if value == "active":
        active = details(atoms).get("defect_type", {}).get("active_site")
        if active is None:
            raise StructureError("given 'active', expected a step defect_type before it")
        return [active] if many else active
    if isinstance(value, Mapping):
        found = select_sites(atoms, **value)
        return found if many else _first(atoms, found, "nearest_to" in value)
    for index in value if isinstance(value, list | tuple) else [value]:
        if isinstance(index, int) and not 0 <= index < len(atoms):
            raise StructureError(f"given atom {index}, expected 0…{len(atoms) - 1}")
    return value


def _first(atoms: Atoms, found: list[int], by_distance: bool) -> int:
    """Return the atom a rule means: the nearest or the barest, not that of lowest number."""
    from heterodot.structures.dangling import lattice_bonds
    from heterodot.structures.ties import geometric_order

    if by_distance or len(found) == 1:
        return found[0]
    return geometric_order(atoms, found, lattice_bonds(atoms).coordination[found])[0]


def in_document(error: HeterodotError, document: Document, location: Location) -> HeterodotError:
    """Return a builder's error with the file, line and field it came from."""
    return document.error(location, str(error))


def _model(name: str) -> type[BaseModel]:
    """Return the model of a step's keys; those that start from a crystal may name it."""
    from pydantic import create_model

    from heterodot import structures

    builder = getattr(structures, name)
    if name in ALONE:
        return parameter_model(builder, frozenset())
    first = first_parameter(builder)
    model = parameter_model(builder, frozenset({first}))
    if name == "crystal":
        return create_model(name, __base__=model, source=(str, ...))
    if name in FROM_CRYSTAL:
        return create_model(name, __base__=model, crystal=(str, ""))
    return model


def _shorthand(name: str) -> str:
    """Return the parameter meant by a step whose value is not a mapping."""
    return "source" if name == "crystal" else next(iter(_model(name).model_fields))


def _takes_many(name: str) -> bool:
    return name in ("indices", "keep_bare", "pin")


def _crystal(source: str, folder: Path, **arguments: Any) -> Atoms:
    from heterodot.structures import crystal

    return crystal(_beside(source, folder), **arguments)


def _beside(source: str, folder: Path) -> str | Path:
    """Return the name of a crystal, or a file's path as seen from the study."""
    from heterodot.structures import crystal_names
    from heterodot.structures.files import names_file

    path = folder / user_path(source)
    if source in crystal_names() or (not names_file(path) and kind_of(path) == "nothing"):
        return source
    return path


def _facet(data: Mapping[str, Any]) -> Any:
    from heterodot.structures import Facet

    miller = tuple(data["miller"])
    return Facet(**{**data, "miller": miller})


def _charge(atoms: Atoms, charge: int) -> Atoms:
    from heterodot.provenance import with_charge

    return with_charge(atoms, charge)
