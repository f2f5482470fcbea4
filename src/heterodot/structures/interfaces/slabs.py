"""Slabs: whole chemical layers of a crystal, with the faces chosen, balanced and passivated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import gcd
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.options import keywords_shown
from heterodot.structures.crystals.crystal import crystal as as_crystal
from heterodot.structures.crystals.levelled import lattice_notes
from heterodot.structures.interfaces.faces import faces_alike, passivate_face
from heterodot.structures.interfaces.layers import layer_stack
from heterodot.structures.interfaces.polarity import (
    NEUTRAL,
    POLARITY,
    JudgedSlab,
    Polarity,
    bulk_charge,
    judge_slab,
)
from heterodot.structures.interfaces.slab_options import (
    SlabFaces,
    SlabKeywords,
    SlabSize,
    slab_defaults,
    slab_options,
)
from heterodot.structures.interfaces.slab_plan import SlabPlan, plan_record, plan_slab
from heterodot.structures.interfaces.terminations import (
    own_miller,
    stack_terminations,
)
from heterodot.structures.memory import refuse_too_many

BYTES_PER_ATOM = 1500
"""Peak memory of building a slab for each atom."""

SMALLER = "make the cell or the slab smaller"
"""What to do about a slab that does not fit in memory."""


@keywords_shown(SlabKeywords, slab_defaults())
def slab(
    crystal: str | Path | Atoms | Any,
    miller: Sequence[int] | str,
    *,
    size: SlabSize | None = None,
    faces: SlabFaces | None = None,
    domain: str = "slab",
    formal_charges: Mapping[str, float] | None = None,
    planes: bool = False,
    **keywords: Unpack[SlabKeywords],
) -> Atoms:
    """Cut a slab of whole chemical layers parallel to (hkl).

    Parameters
    ----------
    crystal : str, Path, Atoms or pymatgen Structure
        Anything :func:`heterodot.structures.crystal` takes; a crystal it made keeps its axes.
    miller : three int or str
        Indices of the plane in the crystal's axes, or with a setting ("pseudo-cubic:(220)"); its
        normal becomes z.
    size : SlabSize, optional
        ``layers`` or ``thickness`` (10 Å unless given), ``repeat`` and ``vacuum``.
    faces : SlabFaces, optional
        ``termination`` and ``bottom_termination``, the ``kind`` of slab they give, what to do about
        ``polarity``, ``passivate_top`` and ``passivate_bottom``.
    domain : str
        Value of the array ``domain``.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.crystal`.
    planes : bool
        Whether every plane of atoms counts as a layer; see :func:`terminations`.
    **keywords
        The fields of ``size`` and ``faces`` one by one, which win over them.

    Returns
    -------
    Atoms
        Periodic in x and y, ordered from below. Arrays: those of the crystal, ``layer`` (0 is the
        lowest), ``role`` ("surface" in the outermost layers, else "inner") and ``domain``. The
        record ``slab`` holds layers, thickness, faces, whether it is stoichiometric, symmetric
        and polar (Tasker's type, dipole per area by formal charges); the notes say it in words.

    Raises
    ------
    StructureError
        Something given is not possible, or the slab would not fit in memory; the message says
        what to change.
    """
    size, faces = slab_options(size, faces, keywords)
    _check_choices(size.vacuum, faces.polarity)
    bulk = as_crystal(crystal, formal_charges=formal_charges)
    stack = layer_stack(bulk, own_miller(bulk, miller), planes)
    plan = plan_slab(
        stack,
        tuple(stack_terminations(stack)),
        layers=size.layers,
        thickness=size.thickness,
        top=faces.termination,
        bottom=faces.bottom_termination,
        kind=faces.kind,
        anchor=faces.anchor,
    )
    transform = checked_repeat(size.repeat)
    made = build_slab(plan, transform, upright(transform @ stack.cell.in_plane), domain)
    made, balance = judged(made, plan, transform, faces.polarity).balanced()
    _describe(made, plan, balance, size.layers, faces.kind)
    agents = {"top": faces.passivate_top, "bottom": faces.passivate_bottom}
    for face, agent in agents.items():
        if agent is not None:
            made = passivate_face(made, face, agent)
    described = provenance.details(made)["slab"]
    if described["symmetric"] and (agents["top"] is None) != (agents["bottom"] is None):
        provenance.update(made, slab={**described, "symmetric": False})
        provenance.add_note(made, "slab: one face is passivated, so the faces are not alike")
    provenance.add_step(
        made,
        "slab",
        miller=list(stack.cell.miller),
        layers=plan.n_layers,
        termination=plan.top.index,
        repeat=transform.tolist(),
        polarity=faces.polarity,
    )
    return with_vacuum(made, size.vacuum)


def judged(made: Atoms, plan: SlabPlan, transform: np.ndarray, polarity: str) -> JudgedSlab:
    """Judge a slab's polarity, where the crystal's own charges are balanced.

    Raises
    ------
    StructureError
        As :func:`heterodot.structures.interfaces.polarity.judge_slab`; or the crystal's own
        charges do not balance, and the slab is to be compensated or refused by them.
    """
    bulk = bulk_charge(plan)
    if abs(bulk) > NEUTRAL and polarity != "report":
        note = _charges_note(plan) or (
            f"the crystal's own formal charges sum to {bulk:+g} e per repeat; set the array "
            "formal_charge so that they balance"
        )
        raise StructureError(f"{plan.stack.cell.label}: polarity {polarity!r} fails: {note}")
    return judge_slab(made, plan, transform, polarity)


def _charges_note(plan: SlabPlan) -> str | None:
    """Return what there is to say of the crystal's formal charges."""
    record = provenance.details(plan.stack.cell.crystal).get("crystal") or {}
    note = record.get("charges")
    return None if note is None else str(note)


def checked_repeat(repeat: Sequence[int] | Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
    """Return a (2, 2) int matrix with a positive determinant.

    Raises
    ------
    StructureError
        It is not two positive integers or such a matrix.
    """
    try:
        given = np.asarray(repeat, float)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape == (2,):
        given = np.diag(given)
    if given.shape != (2, 2) or not np.isfinite(given).all() or (given % 1).any():
        raise StructureError(f"repeat {repeat!r}: expected two whole numbers or a 2 × 2 matrix")
    (a, b), (c, d) = [[int(x) for x in row] for row in given]
    matrix = np.array([[a, b], [c, d]])
    if a * d - b * c < 1:
        raise StructureError(
            f"repeat {matrix.tolist()}: expected a positive determinant (a right-handed cell)"
        )
    return matrix


def upright(cell: np.ndarray) -> np.ndarray:
    """Turn a right-handed (2, 2) cell so that its first row lies along x."""
    length = np.linalg.norm(cell[0])
    area = cell[0, 0] * cell[1, 1] - cell[0, 1] * cell[1, 0]
    return np.array([[length, 0.0], [cell[0] @ cell[1] / length, area / length]])


def build_slab(plan: SlabPlan, transform: np.ndarray, cell: np.ndarray, domain: str) -> Atoms:
    """Place the layers of a plan in a supercell, strained into ``cell``; no vacuum.

    Parameters
    ----------
    plan : SlabPlan
    transform : (2, 2) int array
        The supercell in terms of the primitive surface cell.
    cell : (2, 2) float array
        Where its rows go, Å. Heights stay those of the crystal.
    domain : str

    Raises
    ------
    StructureError
        It would not fit in memory.
    """
    (a, b), (c, d) = transform.tolist()
    copies = a * d - b * c
    refuse_too_many(plan.n_atoms * copies, BYTES_PER_ATOM, SMALLER)
    stack, parts, layers, steps = plan.stack, [], [], []
    corners = points_in_supercell(transform)
    for number in range(plan.n_layers):
        members = stack.members(plan.first + number)
        parts.append(np.tile(members, copies))
        layers.append(np.full(copies * len(members), number))
        step = np.full((copies, 3), (plan.first + number) // stack.n_layers)
        step[:, :2] = corners
        steps.append(np.repeat(step, len(members), axis=0))
    index, layer = np.concatenate(parts), np.concatenate(layers)
    u = stack.lattice_coordinates[index] + np.concatenate(steps)
    made = stack.atoms[index]
    made.info = {}
    record = provenance.details(stack.cell.crystal).get("crystal")
    if record:
        provenance.update(made, crystal=record)
        for note in (*filter(None, [record.get("charges")]), *lattice_notes(record)):
            provenance.add_note(made, f"{record['name']}: {note}")
    provenance.carry_flags(made, stack.cell.crystal)
    return _placed(made, u, plan, transform, cell, layer, domain)


def _placed(
    made: Atoms,
    u: np.ndarray,
    plan: SlabPlan,
    transform: np.ndarray,
    cell: np.ndarray,
    layer: np.ndarray,
    domain: str,
) -> Atoms:
    """Turn lattice coordinates (N, 3) into positions, set the cell and the arrays."""
    lattice = plan.stack.cell.lattice @ plan.stack.cell.frame.T
    standing = u @ lattice
    planar = standing[:, :2] @ np.linalg.inv(transform @ plan.stack.cell.in_plane)
    planar -= np.floor(planar + 1e-6)
    z = standing[:, 2] - standing[:, 2].min()
    made.set_cell(standing_cell(cell, plan.thickness + 1.0), scale_atoms=False)
    made.positions = np.column_stack([planar @ cell, z])
    made.pbc = (True, True, False)
    made.set_array("layer", layer)
    outer = (layer == 0) | (layer == plan.n_layers - 1)
    made.set_array("role", np.where(outer, "surface", "inner"))
    made.set_array("domain", np.full(len(made), domain))
    return made


def standing_cell(cell: np.ndarray, height: float) -> np.ndarray:
    """Return (3, 3) rows: a planar cell and a third vector along z."""
    full = np.zeros((3, 3))
    full[:2, :2] = cell
    full[2, 2] = height
    return full


def points_in_supercell(transform: np.ndarray) -> np.ndarray:
    """Return (det, 2) int: one lattice point of each class in a supercell of given integer rows.

    They are those of the Hermite normal form ((a, b), (0, d)) of the rows: 0…a − 1 by 0…d − 1.
    """
    (a, b), (c, d) = transform.tolist()
    rows = gcd(a, c)
    columns = (a * d - b * c) // rows
    first, second = np.divmod(np.arange(rows * columns), columns)
    return np.column_stack([first, second])


def with_vacuum(made: Atoms, vacuum: float) -> Atoms:
    """Return a copy in a cell that leaves ``vacuum`` (Å) to the next image along z, centred."""
    new = made.copy()
    low, high = float(new.positions[:, 2].min()), float(new.positions[:, 2].max())
    new.set_cell(standing_cell(new.cell.array[:2, :2], high - low + vacuum), scale_atoms=False)
    new.positions[:, 2] += 0.5 * vacuum - low
    return new


def checked_vacuum(vacuum: float) -> None:
    """Raise unless ``vacuum`` is a sensible length, Å.

    Raises
    ------
    StructureError
        It is not.
    """
    if not is_number(vacuum) or not 1.0 <= vacuum < 1e4:
        raise StructureError(f"vacuum {vacuum!r}: expected a length in Å, 1 or more")


def _check_choices(vacuum: float, polarity: str) -> None:
    checked_vacuum(vacuum)
    if polarity not in POLARITY:
        raise StructureError(f"polarity {polarity!r}: expected one of {', '.join(POLARITY)}")


def _describe(
    made: Atoms, plan: SlabPlan, balance: dict[str, Any], layers: int | None, kind: str
) -> None:
    """Write the record ``slab`` and the note, in place."""
    record = {**plan_record(plan), "kind": kind, "polarity": balance}
    if balance["compensation"]:
        record["symmetric"] = faces_alike(made)
    provenance.update(made, slab=record)
    if layers is not None and layers != plan.n_layers:
        provenance.add_note(made, f"slab: {plan.n_layers} layers in place of {layers}: {kind}")
    provenance.add_note(made, slab_note(record))


def slab_note(record: dict[str, Any]) -> str:
    """Return what a slab is in one sentence."""
    balance = record["polarity"]
    dipole = Polarity(*(balance[k] for k in Polarity.__dataclass_fields__))
    polarity = f"{'polar' if dipole.polar else 'not polar'} ({dipole.summary()})"
    if abs(balance.get("bulk_charge", 0.0)) > NEUTRAL:
        polarity = (
            "polarity not known (the crystal's own formal charges sum to "
            f"{balance['bulk_charge']:+g} e per repeat)"
        )
    count = f"{record['layers']} layer" + "s" * (record["layers"] > 1)
    parts = [
        f"{count} ({record['thickness']:.1f} Å) from {record['bottom']} to {record['top']}",
        "stoichiometric" if record["stoichiometric"] else "not stoichiometric",
        "faces alike" if record["symmetric"] else "faces not alike",
        polarity,
    ]
    if balance["compensation"]:
        parts.append(f"compensated: {balance['compensation']}")
    return f"slab {record['plane']}: " + ", ".join(parts)
