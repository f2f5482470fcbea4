"""Core/shell dots: a core, and shells grown on its lattice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import positive, whole
from heterodot.errors import StructureError
from heterodot.options import chosen, keywords_shown
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.oxidation import checked_charges
from heterodot.structures.core_shell.core_options import (
    NAMES,
    CoreKeywords,
    CoreOptions,
    core_defaults,
)
from heterodot.structures.core_shell.filling import FillingPlan, fill, note_parts
from heterodot.structures.core_shell.gradients import check_occupation
from heterodot.structures.core_shell.materials import Material, material
from heterodot.structures.core_shell.shapes import Outline, outline
from heterodot.structures.core_shell.shell_specs import ShellSpec, read_shells
from heterodot.structures.core_shell.skeleton import Skeleton, prune
from heterodot.structures.dots.composition import note_formal_charge
from heterodot.structures.dots.lattice import cut
from heterodot.structures.force_field.keating_parameters import (
    bond_name,
    check_parameters,
    keating_table,
)
from heterodot.structures.force_field.relaxation import BYTES_PER_ATOM as RELAXED_BYTES
from heterodot.structures.force_field.relaxation import relax_valence_force_field
from heterodot.structures.memory import refuse_too_many

BYTES_PER_ATOM = 800
"""Peak memory of building one atom (measured at 10⁶ atoms: 0.4 kB)."""

LATTICES = ("core", "relaxed")

TERMINATIONS = ("cation", "anion")

_ON_BOUNDARY = 1e-3
"""Å; a site this far outside a boundary is still inside, as for :func:`cut`."""


@keywords_shown(CoreKeywords, core_defaults())
def core_shell(
    core: str | Path | Atoms | Any,
    shells: Sequence[str | Mapping[str, Any]] = (),
    *,
    core_options: CoreOptions | None = None,
    lattice: str = "core",
    occupation: str = "exact",
    seed: int = 0,
    min_coordination: int = 2,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    formal_charges: Mapping[str, float] | None = None,
    **keywords: Unpack[CoreKeywords],
) -> Atoms:
    """Build a dot of a core and shells, such as InP/ZnSe/ZnSeS/ZnS or CdSe/ZnS.

    The sites are those of the core's crystal, carried on through the shells (a coherent dot); each
    site beyond the core takes the cation or the anion of the shell it lies in. Both sublattices
    change at the boundary of III–V and II–VI; ``core_termination`` says which bonds join them.

    Parameters
    ----------
    core : str, Path, Atoms or pymatgen Structure
        Crystal with four bonds for each atom: "InP", "CdSe", "CuInS2", …
    shells : sequence of mappings or str
        From the inside out. ``{material: "ZnSe", monolayers: 2}`` or ``"ZnSe:2ml"``; ``{material:
        "ZnSe", to: "ZnS", thickness: 8.0}`` or ``"ZnSe>ZnS:8A"``, a gradient whose fraction of the
        second material rises linearly with depth from ``start`` (0) to ``end`` (1), its
        composition fixed in ``sub_shells`` (one for each monolayer). One monolayer is one {111}
        double layer of the shell's own zinc-blende lattice, a/√3 (3.12 Å of ZnS: the 3.1 Å of B.
        O. Dabbousi et al., J. Phys. Chem. B 101, 9463 (1997)). A thickness (Å) is that of the
        unstrained shell: both count lattice planes, and give the same atoms on any lattice.
    core_options : CoreOptions, optional
        Size, shape and place of the core, and what it ends on.
    lattice : {"core", "relaxed"}
        Every atom on the core's lattice (the shells strained to it), or relaxed from there by
        :func:`relax_valence_force_field`.
    occupation : {"exact", "random"}
        Of gradients: exact counts in each sub-shell, or each site by chance.
    seed : int
        Of the random numbers.
    min_coordination : int
        0, 1 or 2: atoms with fewer bonds are taken off the surface, repeatedly; 0 keeps all. (With
        3 nothing would be left: the outermost atom along [100] never has more than two.)
    parameters : mapping, optional
        Constants of the valence force field that replace its own.
    formal_charges : mapping of element to charge (e), optional
        Of the core and the shells, as for :func:`heterodot.structures.crystal`.
    **keywords
        The fields of ``core_options`` one by one, which win over it; what the core ends on is
        ``core_termination``.

    Returns
    -------
    Atoms
        Centred on the origin. Arrays: ``domain`` (material: "InP", "ZnSe", "ZnSeS", …), ``layer``
        (0 in the core, 1… in the shells), ``sublattice``, ``role`` ("surface" or "inner"),
        ``formal_charge``. The record ``core_shell`` of ``info["heterodot"]`` lists the shells with
        thickness, boundary, atoms and the composition of sub-shells asked for and found.

    Raises
    ------
    StructureError
        A crystal, a number or a name cannot be used, a shell holds no atom, or the dot would not
        fit in memory (found before it is made).
    """
    given = cast(dict[str, Any], keywords)
    for name in given.keys() - NAMES.keys():
        raise TypeError(f"core_shell() got an unexpected keyword argument {name!r}")
    own = {NAMES[name]: value for name, value in given.items()}
    cut_as = chosen(CoreOptions, core_options, own, "core_shell")
    inner = material(core, formal_charges)
    layers = read_shells(shells, formal_charges)
    _check_charges(formal_charges, inner, layers)
    _check(lattice, cut_as.termination, min_coordination, parameters)
    check_occupation(occupation, seed)
    form = outline(inner, cut_as.shape, _radius(cut_as.radius, cut_as.diameter))
    edges = _edges(inner, layers)
    _refuse(inner, form, edges[-1], lattice)
    dot = _cut(inner, form, edges[-1], _centre(inner, cut_as.centre))
    skeleton = Skeleton.of(dot.positions, dot.arrays["sublattice"] == "anion", inner.bond)
    dot, skeleton, pruned = prune(dot, skeleton, min_coordination)
    depth = form.depth(dot.positions)
    number = np.searchsorted(edges, depth - _ON_BOUNDARY)
    number = np.minimum(_terminated(number, skeleton, cut_as.termination), len(layers))
    fill(dot, FillingPlan(inner, layers, edges, depth, number), occupation, seed)
    note_parts(dot, pruned, _mismatches(inner, layers) if lattice == "core" else {})
    provenance.add_step(
        dot, "core_shell", core=inner.name, shells=[s.name for s in layers],
        radius=form.radius, shape=_plain_shape(cut_as.shape), lattice=lattice,
        centre=_plain(cut_as.centre), core_termination=cut_as.termination, occupation=occupation,
        seed=int(seed), min_coordination=int(min_coordination), **_given_charges(formal_charges),
    )  # fmt: skip
    _note_charges(dot, layers)
    if lattice == "relaxed":
        dot = relax_valence_force_field(dot, parameters=_own_lengths(inner, layers, parameters))
    note_formal_charge(dot)
    return dot


def _check_charges(
    given: Mapping[str, float] | None, core: Material, shells: Sequence[ShellSpec]
) -> None:
    """Raise for charges of an element that neither the core nor a shell holds."""
    parts = [core, *(m for s in shells for m in (s.material, s.to) if m is not None)]
    checked_charges(given, {element for part in parts for element in part.charges})


def _given_charges(given: Mapping[str, float] | None) -> dict[str, Any]:
    return {} if given is None else {"formal_charges": {e: float(q) for e, q in given.items()}}


def _note_charges(dot: Atoms, shells: Sequence[ShellSpec]) -> None:
    """Say of the shells' formal charges what the core's crystal says of its own."""
    for part in (m for s in shells for m in (s.material, s.to) if m is not None):
        note = provenance.details(part.crystal).get("crystal", {}).get("charges")
        if note:
            provenance.add_note(dot, f"{part.name}: {note}")


def _check(
    lattice: str, core_termination: str | None, min_coordination: int, parameters: Any
) -> None:
    check_parameters(parameters)
    if parameters and lattice == "core":
        raise StructureError("parameters are of the valence force field: give lattice='relaxed'")
    if lattice not in LATTICES:
        raise StructureError(f"lattice {lattice!r}: expected one of {', '.join(LATTICES)}")
    if core_termination is not None and core_termination not in TERMINATIONS:
        raise StructureError(
            f"core_termination {core_termination!r}: expected {' or '.join(TERMINATIONS)}, or none"
        )
    whole(min_coordination, "min_coordination", 0, 2, error=StructureError)


def _radius(radius: float | None, diameter: float | None) -> float:
    if (radius is None) == (diameter is None):
        raise StructureError("the core's size: expected either radius or diameter (Å)")
    name, value = ("radius", radius) if diameter is None else ("diameter", diameter)
    number = positive(value, name, "Å", below=1e6, error=StructureError)
    return number if diameter is None else number / 2


def _edges(core: Material, shells: Sequence[ShellSpec]) -> np.ndarray:
    """(S + 1,) outer boundary of the core (0) and of each shell on the core's lattice, Å."""
    thickness = [shell.monolayers * core.monolayer for shell in shells]
    return np.concatenate([[0.0], np.cumsum(thickness)])


def _refuse(core: Material, form: Outline, thickness: float, lattice: str) -> None:
    n_atoms = 8 * form.volume(thickness) / core.lattice**3
    cost = RELAXED_BYTES if lattice == "relaxed" else BYTES_PER_ATOM
    refuse_too_many(n_atoms, cost, "make the dot smaller")


def _cut(core: Material, form: Outline, thickness: float, centre: np.ndarray) -> Atoms:
    facets = form.facets(thickness)
    sphere = None if facets else form.radius + thickness
    dot = cut(core.crystal, facets, sphere=sphere, centre=centre)
    steps = [step for step in provenance.history(dot) if step["step"] != "cut"]
    provenance.update(dot, history=steps)
    return dot


def _centre(core: Material, centre: str | Sequence[float]) -> np.ndarray:
    """Fractional coordinates (3,) of the dot's centre."""
    kind = core.crystal.arrays["sublattice"]
    if isinstance(centre, str) and centre in ("cation", "anion", "bond"):
        scaled = core.crystal.get_scaled_positions(wrap=False)
        first = int(np.flatnonzero(kind == ("anion" if centre == "anion" else "cation"))[0])
        if centre != "bond":
            return scaled[first]
        step = lattice_bonds(core.crystal).directions(first)[0] / 2
        return scaled[first] + step @ np.linalg.inv(core.crystal.cell.array)
    point = None if isinstance(centre, str) else np.asarray(centre)
    if point is None or point.shape != (3,) or point.dtype.kind not in "iuf":
        raise StructureError(
            f"centre {centre!r}: expected cation, anion, bond or three fractional coordinates"
        )
    return point.astype(float)


def _terminated(number: np.ndarray, skeleton: Skeleton, termination: str | None) -> np.ndarray:
    """Give the core's atoms of one sublattice that touch the shells to the first shell."""
    if termination is None:
        return number
    outer = skeleton.touching(number > 0)
    yielding = skeleton.anion if termination == "cation" else ~skeleton.anion
    return np.where((number == 0) & outer & yielding, 1, number)


def _mismatches(core: Material, shells: Sequence[ShellSpec]) -> dict[str, float]:
    """Return the strain the core's lattice puts on each material of the shells."""
    used = [m for s in shells for m in (s.material, s.to) if m is not None]
    return {m.name: core.lattice / m.lattice - 1 for m in used}


def _own_lengths(
    core: Material,
    shells: Sequence[ShellSpec],
    parameters: Mapping[str, Mapping[str, float]] | None,
) -> dict[str, Mapping[str, float]]:
    """Return the given parameters and the bond lengths of the crystals given."""
    used = [core, *(m for s in shells for m in (s.material, s.to) if m is not None)]
    own: dict[str, Mapping[str, float]] = {}
    for compound in used:
        if not compound.binary:
            continue
        name = bond_name(compound.cations[0], compound.anions[0])
        length = float(np.sqrt(3) / 4 * compound.lattice)
        known = keating_table().get(name)
        if known is None or abs(known.length - length) > 1e-3:
            own[name] = {"length": length}
    for name, values in (parameters or {}).items():
        own[name] = {**own.get(name, {}), **values}
    return own


def _plain(centre: str | Sequence[float]) -> str | list[float]:
    return centre if isinstance(centre, str) else [float(x) for x in centre]


def _plain_shape(shape: str | Sequence[Mapping[str, Any]]) -> Any:
    if isinstance(shape, str):
        return shape
    return [
        {"miller": [int(i) for i in f["miller"]], "ratio": float(f.get("ratio", 1.0))}
        for f in shape
    ]
