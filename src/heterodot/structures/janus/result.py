"""Join the two pieces of a Janus nanocrystal and write down what was achieved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.structures.chemistry.contacts import contact_distances, ions_of
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.chemistry.joints import joint, note_unbonded
from heterodot.structures.chemistry.oxidation import for_side
from heterodot.structures.crystals.levelled import lattice_notes
from heterodot.structures.interfaces.facing import CONTACT_RANGE
from heterodot.structures.janus.pieces import Cap, Face, Miller
from heterodot.structures.janus.placing import Placement
from heterodot.structures.matching.surface_cell import format_plane


def joined(
    body: Atoms,
    cap: Cap,
    placement: Placement,
    crystals: tuple[Atoms, Atoms],
    touch: float,
) -> Atoms:
    """Return both pieces as one structure, with their domains and the roles at the interface."""
    top = cap.atoms.copy()
    rise = body.positions[:, 2].max() + placement.gap - top.positions[:, 2].min()
    top.translate([*placement.shift, rise])
    pieces = [body, top]
    for piece, mask in zip(pieces, _touching(body, top, touch), strict=True):
        role = piece.arrays.pop("role").astype("U9")
        role[mask] = "interface"
        piece.set_array("role", role)
    names = [_name(c) for c in crystals]
    if names[0] == names[1]:
        names = [f"{names[0]}-a", f"{names[1]}-b"]
    new = Atoms(
        numbers=np.concatenate([p.numbers for p in pieces]),
        positions=np.concatenate([p.positions for p in pieces]),
    )
    for key in ("layer", "sublattice", "role", "formal_charge"):
        new.set_array(key, np.concatenate([p.arrays[key] for p in pieces]))
    new.set_array("domain", np.repeat(names, [len(p) for p in pieces]))
    return new


def _touching(body: Atoms, top: Atoms, touch: float) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the atoms of each piece within 1.25 times the least distance to the other."""
    from scipy.spatial import cKDTree

    reach = 7.0 * max(1.0, touch)
    low = np.flatnonzero(body.positions[:, 2] > body.positions[:, 2].max() - reach)
    high = np.flatnonzero(top.positions[:, 2] < top.positions[:, 2].min() + reach)
    close = cKDTree(body.positions[low]).sparse_distance_matrix(
        cKDTree(top.positions[high]), reach, output_type="ndarray"
    )
    ions_b, kind_b = ions_of(body[low])
    ions_t, kind_t = ions_of(top[high])
    limit = contact_distances(
        [s for s, _ in ions_b],
        [s for s, _ in ions_t],
        charges_a=[q for _, q in ions_b],
        charges_b=[q for _, q in ions_t],
        touch=touch,
    )
    i, j = close["i"], close["j"]
    near = close["v"] < CONTACT_RANGE * limit[kind_b[i], kind_t[j]]
    masks = np.zeros(len(body), bool), np.zeros(len(top), bool)
    masks[0][low[i[near]]] = True
    masks[1][high[j[near]]] = True
    return masks


def _name(atoms: Atoms) -> str:
    record = provenance.details(atoms).get("crystal", {})
    return str(record.get("name") or atoms.get_chemical_formula(empirical=True))


def record(
    faces: Sequence[Face],
    facet: Miller,
    cap_plane: Miller,
    radius: float,
    cap: Cap,
    placement: Placement,
    relation: str,
    deviation: float,
) -> dict[str, Any]:
    """Return what was achieved, as plain JSON: Å and degrees."""
    return {
        "faces": [
            {"miller": list(f.miller), "edge": f.edge, "terminations": list(f.terminations)}
            for f in faces
        ],
        "facet": list(facet),
        "cap_plane": list(cap_plane),
        "cap_radius": radius,
        "cap_termination": cap.termination,
        "cap_atoms_dropped": cap.dropped,
        "relation": relation,
        "deviation": deviation,
        "shift": list(placement.shift),
        "gap": placement.gap,
        "least_gap": placement.least_gap,
        "closest_contact": placement.closest if math.isfinite(placement.closest) else None,
    }


def described(new: Atoms, crystals: tuple[Atoms, Atoms], record: dict[str, Any]) -> Atoms:
    """Write the record and the notes on the structure."""
    found = joint(new, new.arrays["domain"] != new.arrays["domain"][0])
    record = {**record, **found.to_dict()}
    details = provenance.details(crystals[0])
    provenance.update(
        new, crystal=details.get("crystal"),
        cap_crystal=provenance.details(crystals[1]).get("crystal"), janus=record,
    )  # fmt: skip
    provenance.carry_flags(new, *crystals)
    provenance.add_step(new, "janus", **record)
    for crystal, side in zip(crystals, (("a", "cuboid"), ("b", "cap")), strict=True):
        made_of = provenance.details(crystal).get("crystal") or {}
        if made_of.get("charges"):
            note = f"{made_of['name']}: {for_side(made_of['charges'], *side)}"
            provenance.add_note(new, note)
        for note in lattice_notes(made_of):
            provenance.add_note(new, f"{made_of['name']}: {note}")
    edges = " × ".join(f"{face['edge'] / 10:.2f}" for face in record["faces"])
    ends = ", ".join(
        f"{format_plane(face['miller'])} {face['terminations'][0]}" for face in record["faces"]
    )
    provenance.add_note(new, f"cuboid {edges} nm between outermost atoms; faces {ends}")
    provenance.add_note(
        new,
        f"cap {format_plane(record['cap_plane'])} ({record['cap_termination']}) on "
        f"{format_plane(record['facet'])}: radius {record['cap_radius'] / 10:.2f} nm, gap "
        f"{record['gap']:.2f} Å, {found.summary()}, relation within "
        f"{record['deviation']:.2f}°",
    )
    note_unbonded(
        new, found, "give other terminations, a smaller gap with drop_clashes, or relax it"
    )
    count = electron_count(new)
    if count.imbalance:
        provenance.add_note(
            new,
            f"formal charges sum to {count.formal_charge_sum:+g} e: as cut, the crystal is not "
            "neutral; passivate it or set a charge",
        )
    return new
