"""A cluster as a guest in a framework: put where there is room, turned to where it fits best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_number
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.contacts import contact_distances
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.chemistry.joints import joint, note_unbonded
from heterodot.structures.chemistry.radii import van_der_waals_radii
from heterodot.structures.clusters.guests.supports import place_on_surface
from heterodot.structures.clusters.guests.voids import (
    image_shifts,
    largest_void,
    surroundings,
)
from heterodot.structures.crystals.files import names_file, read_structure_file
from heterodot.structures.crystals.given import adopt
from heterodot.structures.editing import checked_index, remove_atoms

NEUTRAL_CONTACT = 0.75
"""Least distance to an atom without formal charge (C, H of a linker), in van der Waals sums."""
DENSEST = np.pi / np.sqrt(18)
"""Share of space that equal spheres fill at most (Kepler)."""

N_ORIENTATIONS = 300
"""Orientations tried before the best ones are refined."""
_REFINED = 5
_AROUND = 6.0
"""Å beyond the guest (and the clearance wanted) within which the host is looked at."""


@dataclass(frozen=True, eq=False)
class _Fit:
    """What decides how well a guest sits: the host around it and the distances allowed."""

    guest: np.ndarray
    centre: np.ndarray
    host: np.ndarray
    host_indices: np.ndarray
    allowed: np.ndarray
    images: np.ndarray
    allowed_images: np.ndarray
    most: float

    def closest(self, placed: np.ndarray) -> tuple[float, int, int] | None:
        """Return the shortest distance (Å) to the host, the guest's atom and the host's."""
        if not len(self.host):
            return None
        apart = np.linalg.norm(placed[:, None] - self.host[None], axis=-1)
        i, j = np.unravel_index(int(apart.argmin()), apart.shape)
        return float(apart[i, j]), int(i), int(self.host_indices[j])

    def clearance(self, rotation: np.ndarray, shift: np.ndarray) -> float:
        """Return the smallest distance to the host or to an image, beyond what is allowed, Å.

        No more than ``most``, beyond which the host was not looked at.
        """
        placed = self.guest @ rotation.T + self.centre + shift
        room = self.most
        if len(self.host):
            apart = np.linalg.norm(placed[:, None] - self.host[None], axis=-1)
            room = min(room, float((apart - self.allowed).min()))
        for image in self.images:
            apart = np.linalg.norm(placed[:, None] - placed[None] - image, axis=-1)
            room = min(room, float((apart - self.allowed_images).min()))
        return room


@renamed(cluster="atoms")
def place_guest(
    atoms: Atoms,
    host: str | Path | Atoms | Any,
    *,
    centre: str | Sequence[float] = "void",
    site: int | Sequence[int] | None = None,
    orientation: str | Sequence[float] = "best",
    clearance: float = 0.0,
    remove: Sequence[int] = (),
) -> Atoms:
    """Put a cluster into a framework, or on a surface.

    Parameters
    ----------
    atoms : Atoms
        The guest, not periodic.
    host : Atoms, file or crystal
        The framework: Atoms as they are (cell and order kept), a structure file
        (CIF, …), or a pymatgen Structure.
    centre : "void", "surface" or three float
        Where the guest's middle goes: the largest void, or a point, Å. "surface": onto the upper
        face of a slab, lying where most bonds hold it
        (:func:`heterodot.structures.clusters.guests.supports.place_on_surface`); where none does,
        the record is ``unbonded``.
    site : int or sequence of int, optional
        Instead of ``centre``, the middle of these atoms of the host (nearest images): a node.
    orientation : "best", "as given" or three float
        Turned for the best clearance (with up to 0.5 Å of shift about a void), left as it is, or
        turned by a rotation vector, degrees.
    clearance : float
        Å that must be left between guest and host beyond the least distances: those of
        :func:`heterodot.structures.contact_distances` between ions, 0.75 of the van der Waals
        sum where an atom has no formal charge.
    remove : sequence of int
        Atoms of the host to take out first, such as capping water. Indices of ``site`` are those
        of the host as given.

    Returns
    -------
    Atoms
        Host first, guest last; array ``domain`` "host" or "guest"; total charge the sum of both;
        ``info["heterodot"]["guest"]`` with indices, centre, clearance and the closest contact.

    Raises
    ------
    StructureError
        The guest touches host or its own images in every orientation (the message says the best
        clearance found), or an argument cannot be read.
    """
    framework = _framework(host)
    _check(atoms, framework, clearance)
    gone = sorted({checked_index(framework, i, "remove") for i in remove})
    bare = remove_atoms(framework, gone) if gone else framework
    if isinstance(centre, str) and centre == "surface":
        return _supported(bare, atoms, (site, orientation, clearance), gone)
    point, free = _point(framework, centre, site, gone)
    fit = _fit(atoms, bare, point, clearance)
    _check_packing(fit, bare, atoms)
    rotation, shift = _orientation(fit, orientation, free)
    room = fit.clearance(rotation, shift)
    if room < clearance:
        raise StructureError(
            f"guest {atoms.get_chemical_formula()} does not fit: the best clearance found is "
            f"{room:.2f} Å beyond contact, {clearance:g} Å needed; give another centre, remove "
            "capping atoms or take a smaller cluster"
        )
    placed = fit.guest @ rotation.T + point + shift
    joined = _joined(bare, atoms, placed)
    details = {
        "centre": (point + shift).tolist(),
        "rotation": rotation.tolist(),
        "clearance": round(room, 4),
        "removed": gone,
    }
    _record(joined, atoms, fit.closest(placed), details)
    return joined


def _supported(host: Atoms, cluster: Atoms, options: tuple[Any, ...], gone: list[int]) -> Atoms:
    """Return the cluster on the upper face of a slab, and what holds it there."""
    if options != (None, "best", 0.0):
        raise StructureError(
            "centre 'surface': site, orientation and clearance are chosen by the bonds; leave "
            "them out"
        )
    made = _joined(host, cluster, place_on_surface(cluster, host))
    found = joint(made, made.arrays["domain"] == "guest")
    guest = {
        "indices": list(range(len(host), len(made))),
        "removed": gone,
        **found.to_dict(),
        "record": provenance.details(cluster),
    }
    formula = cluster.get_chemical_formula()
    provenance.update(made, guest=guest)
    provenance.add_step(made, "place_guest", guest=formula, centre="surface", removed=gone)
    provenance.add_note(
        made,
        f"{formula} on the surface: {found.summary()}; {found.bonded_atoms} of its {len(cluster)} "
        "atoms are bonded",
    )
    note_unbonded(made, found, "give another face or cluster, or relax it")
    return made


def _framework(host: Any) -> Atoms:
    from heterodot.structures.crystals.crystal import lattice_crystal

    if isinstance(host, Atoms):
        host = host.copy()
        adopt(host)
        return host
    if isinstance(host, str | Path) and names_file(host):
        return read_structure_file(host)
    return lattice_crystal(host)


def _check(cluster: Atoms, host: Atoms, clearance: float) -> None:
    if not isinstance(cluster, Atoms) or len(cluster) == 0 or cluster.pbc.any():
        raise StructureError("guest: expected a finite cluster with atoms, not a periodic one")
    if len(host) == 0:
        raise StructureError("host: no atoms; expected a framework")
    for name, atoms in (("guest", cluster), ("host", host)):
        if not np.isfinite(atoms.positions).all():
            raise StructureError(f"{name}: positions are not all finite")
    if not is_number(clearance) or clearance < 0:
        raise StructureError(f"clearance {clearance!r}: expected a length of 0 Å or more")


def _point(
    host: Atoms, centre: str | Sequence[float], site: int | Sequence[int] | None, gone: list[int]
) -> tuple[np.ndarray, bool]:
    """Return where the guest goes (3,), Å, and whether it may shift about it."""
    if site is not None:
        if not (isinstance(centre, str) and centre == "void"):
            raise StructureError("centre and site are both given: expected one of them")
        atoms = [site] if isinstance(site, int | np.integer) else list(site)
        if not atoms:
            raise StructureError("site: no atoms; expected one index or several")
        chosen = [checked_index(host, i) for i in atoms]
        bonds = host.get_distances(chosen[0], chosen, mic=bool(host.pbc.any()), vector=True)
        return host.positions[chosen[0]] + bonds.mean(axis=0), False
    if isinstance(centre, str):
        if centre != "void":
            raise StructureError(f"centre {centre!r}: expected 'void', 'surface' or three numbers")
        bare = host.copy()
        bare.set_constraint()
        del bare[gone]
        return largest_void(bare)[0], True
    return _three(centre, "centre"), False


def _three(values: Sequence[float], name: str) -> np.ndarray:
    try:
        point = np.array(values, float)
    except (TypeError, ValueError):
        point = np.zeros(0)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise StructureError(f"{name} {values!r}: expected three numbers")
    return point


def _fit(cluster: Atoms, host: Atoms, point: np.ndarray, clearance: float) -> _Fit:
    guest = cluster.positions - _middle(cluster)
    size = float(np.linalg.norm(guest, axis=1).max())
    own = formal_charges(cluster)
    theirs = formal_charges(host)
    around = surroundings(host, point, size + _AROUND + clearance)
    far = 2 * size + _AROUND + clearance
    shifts = image_shifts(host, far)
    shifts = shifts[np.linalg.norm(shifts, axis=1) > 1e-9]
    near = shifts[np.linalg.norm(shifts, axis=1) < far]
    half = np.array([s for s in near if tuple(s) > (0.0, 0.0, 0.0)]).reshape(-1, 3)
    return _Fit(
        guest, point, around.positions, around.indices,
        _allowed(cluster, own, host[around.indices], theirs[around.indices]),
        half, _allowed(cluster, own, cluster, own),
        1.5 + clearance,
    )  # fmt: skip


def _check_packing(fit: _Fit, host: Atoms, cluster: Atoms) -> None:
    """Refuse a guest that no turn can keep from its images: spheres fill 74 % of space at most."""
    from scipy.spatial.distance import pdist

    if not host.pbc.all():
        return
    nearest = min(pdist(fit.guest).min(initial=np.inf), fit.allowed_images.min())
    filled = len(fit.guest) * np.pi / 6 * nearest**3
    if filled > DENSEST * host.cell.volume:
        raise StructureError(
            f"guest {cluster.get_chemical_formula()} does not fit: it needs "
            f"{filled / DENSEST:.0f} Å³ or more, the host's cell has {host.cell.volume:.0f} Å³; "
            "repeat the host or take a smaller cluster"
        )


def _middle(cluster: Atoms) -> np.ndarray:
    """Return the middle of the box around a cluster's atoms, Å."""
    return np.asarray(0.5 * (cluster.positions.min(axis=0) + cluster.positions.max(axis=0)))


def _allowed(a: Atoms, charges_a: np.ndarray, b: Atoms, charges_b: np.ndarray) -> np.ndarray:
    """Return the (A, B) least distances allowed, Å."""
    symbols_a, symbols_b = a.get_chemical_symbols(), b.get_chemical_symbols()
    ions_a, ions_b = _ionic(charges_a, symbols_a), _ionic(charges_b, symbols_b)
    contacts = contact_distances(
        symbols_a, symbols_b, charges_a=ions_a.tolist(), charges_b=ions_b.tolist()
    )
    radii_a, radii_b = van_der_waals_radii(a.numbers), van_der_waals_radii(b.numbers)
    soft = NEUTRAL_CONTACT * np.add.outer(radii_a, radii_b)
    neutral = np.logical_or.outer(ions_a == 0, ions_b == 0)
    return np.where(neutral, np.maximum(soft, contacts), contacts)


def _ionic(charges: np.ndarray, symbols: list[str]) -> np.ndarray:
    """Formal charges with unknown ones and hydrogens' as 0."""
    return np.where(np.array(symbols) == "H", 0.0, np.nan_to_num(charges))


def _orientation(
    fit: _Fit, orientation: str | Sequence[float], free: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rotation (3, 3) and the shift (3,), Å, of the guest."""
    from scipy.spatial.transform import Rotation

    if isinstance(orientation, str) and orientation == "as given":
        return np.eye(3), np.zeros(3)
    if not isinstance(orientation, str):
        vector = np.radians(_three(orientation, "orientation"))
        return np.asarray(Rotation.from_rotvec(vector).as_matrix()), np.zeros(3)
    if orientation != "best":
        raise StructureError(
            f"orientation {orientation!r}: expected 'best', 'as given' or a rotation vector"
        )
    if fit.clearance(np.eye(3), np.zeros(3)) >= fit.most:
        return np.eye(3), np.zeros(3)  # so much room that turning makes no difference
    turns = Rotation.concatenate(
        [Rotation.identity(1), Rotation.random(N_ORIENTATIONS, random_state=0)]
    )
    rooms = [round(fit.clearance(r, np.zeros(3)), 6) for r in turns.as_matrix()]
    best = np.argsort([-r for r in rooms], kind="stable")[:_REFINED]
    refined = [_refined(fit, turns[int(i)].as_rotvec(), free) for i in best]
    _, vector, shift = max(refined, key=lambda item: round(item[0], 6))
    return np.asarray(Rotation.from_rotvec(vector).as_matrix()), shift


def _refined(fit: _Fit, start: np.ndarray, free: bool) -> tuple[float, np.ndarray, np.ndarray]:
    """Improve an orientation, and the place within 0.5 Å where it is free (Nelder–Mead)."""
    from scipy.optimize import minimize
    from scipy.spatial.transform import Rotation

    def crowding(x: np.ndarray) -> float:
        shift = 0.5 * np.tanh(x[3:]) if free else np.zeros(3)
        return -fit.clearance(Rotation.from_rotvec(x[:3]).as_matrix(), shift)

    guess = np.concatenate([start, np.zeros(3 if free else 0)])
    steps = np.vstack([guess, guess + 0.15 * np.eye(len(guess))])
    found = minimize(
        crowding, guess, method="Nelder-Mead", options={"maxiter": 250, "initial_simplex": steps}
    )
    x = np.asarray(found.x)
    return -float(found.fun), x[:3], 0.5 * np.tanh(x[3:]) if free else np.zeros(3)


def _joined(host: Atoms, cluster: Atoms, placed: np.ndarray) -> Atoms:
    """Return host and guest in one structure, formal charges, moments and charge included."""
    n, m = len(host), len(cluster)
    joined = Atoms(
        [*host.get_chemical_symbols(), *cluster.get_chemical_symbols()],
        np.vstack([host.positions, placed]),
        cell=host.cell,
        pbc=host.pbc,
    )
    charges = np.concatenate([formal_charges(host), formal_charges(cluster)])
    joined.set_array("formal_charge", charges)
    joined.set_array("domain", np.array(["host"] * n + ["guest"] * m))
    if "initial_magmoms" in host.arrays or "initial_magmoms" in cluster.arrays:
        moments = [provenance.magnetic_moments(a) for a in (host, cluster)]
        joined.set_initial_magnetic_moments(np.concatenate(moments))
    provenance.update(joined, **provenance.details(host))
    provenance.carry_flags(joined, cluster)
    total = provenance.total_charge(host) + provenance.total_charge(cluster)
    provenance.update(joined, charge=total)
    return joined


def _record(
    joined: Atoms, cluster: Atoms, closest: tuple[float, int, int] | None, details: dict[str, Any]
) -> None:
    """Write down where the guest sits and how close it comes."""
    n, formula = len(joined) - len(cluster), cluster.get_chemical_formula()
    contact, room = f"none within {_AROUND:g} Å", f"{details['clearance']:.2f} Å"
    if closest is not None:
        length, i, j = closest
        contact = f"{cluster.symbols[i]}{n + i}–{joined.symbols[j]}{j} {length:.2f} Å"
    guest = {
        "indices": list(range(n, len(joined))),
        **details,
        "closest": contact,
        "record": provenance.details(cluster),
    }
    provenance.update(joined, guest=guest)
    provenance.add_step(joined, "place_guest", guest=formula, **details)
    provenance.add_note(
        joined,
        f"guest {formula}: closest contact {contact}; {room} or more beyond the least distances "
        "allowed",
    )
