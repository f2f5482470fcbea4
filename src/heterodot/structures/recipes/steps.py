"""Building steps by name: the builders, as a study and the command line call them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import StructureError
from heterodot.paths import kind_of, user_path
from heterodot.provenance import details

if TYPE_CHECKING:
    from ase import Atoms

SITE_PARAMETERS = frozenset({"site", "next_to", "index", "i", "j", "indices", "keep_bare", "pin"})
"""Parameters that name atoms: a rule (see ``select_sites``) may stand for the numbers."""


OF_ANOTHER = frozenset({"place_guest"})
"""Builders whose site is one of another structure, not of the one before them."""

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
    "repeat_crystal",
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
    "move_atom",
)
"""Builders that take the structure before them."""

STEP_NAMES = ("crystal", *ALONE, *FROM_CRYSTAL, *ON_STRUCTURE, "charge")

_MATERIALS = ("core", "film", "substrate", "a", "b", "host")
"""Keys that name a crystal or a file of one."""


@dataclass(frozen=True)
class BuildStep:
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
    location: tuple[str | int, ...]

    @property
    def starts(self) -> bool:
        """Whether it needs no structure before it."""
        return self.name in ("crystal", *ALONE) or "crystal" in self.arguments


_RELAXED: Mapping[str, tuple[str, ...]] = {
    "crystal": ("source",),
    "interface": ("film", "substrate"),
    "janus": ("a", "b"),
    **dict.fromkeys(FROM_CRYSTAL, ("crystal",)),
}
"""Keys that name a crystal whose lattice may be that of a level, by step."""


def named_crystals(step: BuildStep) -> dict[str, str]:
    """Return the crystals (names or files) a step is made of, by its key; those by default too."""
    from heterodot import structures

    keys = _RELAXED.get(step.name, ())
    given = {key: step.arguments[key] for key in keys if key in step.arguments}
    if step.name == "janus":
        defaults = inspect.signature(structures.janus).parameters
        given = {**{key: defaults[key].default for key in keys}, **given}
    return {key: value for key, value in given.items() if isinstance(value, str) and value}


def read_crystal(source: str, folder: Path) -> Atoms:
    """Return the crystal of a name, or in a file beside the study."""
    return _crystal(source, folder, {})


def run_step(
    step: BuildStep,
    atoms: Atoms | None,
    folder: Path,
    crystals: Mapping[str, Atoms] | None = None,
) -> Atoms:
    """Build: apply a step to the structure before it.

    Parameters
    ----------
    step : BuildStep
    atoms : Atoms or None
        None for the first step.
    folder : Path
        What file names are relative to.
    crystals : mapping of str to Atoms, optional
        What stands for the crystals of these names and files: relaxed at a level.

    Raises
    ------
    StructureError
        From the builder.
    """
    from heterodot import structures

    arguments, known = dict(step.arguments), crystals or {}
    if step.name == "crystal":
        return _crystal(arguments.pop("source"), folder, known, **arguments)
    builder: Callable[..., Atoms] = getattr(structures, step.name, _charge)
    if step.name in ALONE:
        named = named_crystals(step)
        arguments.update({key: known[name] for key, name in named.items() if name in known})
    for name in _MATERIALS:
        if isinstance(arguments.get(name), str):
            arguments[name] = _beside(arguments[name], folder)
    if step.name in ALONE:
        return builder(**arguments)
    if "crystal" in arguments:
        source = arguments.pop("crystal")
        if "formal_charges" in arguments:  # the builder reads the crystal with them
            return builder(known.get(source, _beside(source, folder)), **arguments)
        atoms = _crystal(source, folder, known)
    if atoms is None:
        raise StructureError(f"{step.name}: no structure before it, expected a step that makes one")
    if arguments.get("facets"):
        arguments["facets"] = [_facet(facet) for facet in arguments["facets"]]
    for name in site_parameters(step.name) & set(arguments):
        arguments[name] = resolve_sites(atoms, arguments[name], many=_takes_many(name))
    return builder(atoms, **arguments)


def site_parameters(name: str) -> frozenset[str]:
    """Return the parameters of a step that name atoms of the structure before it."""
    return frozenset() if name in OF_ANOTHER else SITE_PARAMETERS


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
    from heterodot.structures.chemistry.dangling import lattice_bonds
    from heterodot.structures.chemistry.ties import geometric_order

    if by_distance or len(found) == 1:
        return found[0]
    return geometric_order(atoms, found, lattice_bonds(atoms).coordination[found])[0]


def _takes_many(name: str) -> bool:
    return name in ("indices", "keep_bare", "pin")


def _crystal(source: str, folder: Path, known: Mapping[str, Atoms], **arguments: Any) -> Atoms:
    from heterodot.structures import crystal

    return crystal(known.get(source, _beside(source, folder)), **arguments)


def _beside(source: str, folder: Path) -> str | Path:
    """Return the name of a crystal, or a file's path as seen from the study."""
    from heterodot.structures import crystal_names
    from heterodot.structures.crystals.files import names_file

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
