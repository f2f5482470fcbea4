"""The ions of a compensated face, chosen for what lies against it.

Half the ions of a polar face move to the other face, and alone the slab would spread those that
stay evenly. On a partner they stay where it binds them: of all sets, shifts and gaps those with the
least electrostatic energy of the formal charges of both together. The shifts and gaps compared are
those at which the face, free to choose its ions, makes most contacts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.structures.chemistry.ewald import potentials
from heterodot.structures.interfaces.compensation import SAME_ENERGY, VACUUM, FaceIons, Groups
from heterodot.structures.interfaces.facing import PairsAt, facing_pairs
from heterodot.structures.interfaces.polarity import Choice
from heterodot.structures.interfaces.terminations import ionic_charges

COMPARED = 12
"""Shifts at which the electrostatic energy is compared."""

CLEARANCE = 0.5
"""Å; the face may stay this much farther away than it need, for ions that want more room."""

GAP_STEP = 0.05
"""Å; gaps nearer to each other than this are one."""

_ON_CONTACT = 1e-3


@dataclass(frozen=True, eq=False)
class Partner:
    """What a face is joined to, and where it may be put.

    Attributes
    ----------
    atoms : Atoms
        The other side, in the common cell.
    above : bool
        Whether it is the film, above the face.
    cell : (2, 2) float array
        The common cell, Å.
    shifts : (S, 2) float array
        Of the film, in fractions of the cell.
    touch : float
        Factor on the limits of contacts.
    gap : float or None
        Å, where it is given.
    """

    atoms: Atoms
    above: bool
    cell: np.ndarray
    shifts: np.ndarray
    touch: float
    gap: float | None

    def choose(self, slab: Atoms, faces: list[FaceIons], alone: Choice) -> Choice:
        """Return the ions that move when the slab lies on this partner.

        Parameters
        ----------
        slab : Atoms
            Not yet compensated.
        faces : list of FaceIons
            What may move.
        alone : Choice
            What leaves the slab alone with the least energy; it is kept where the partner binds
            nothing better.
        """
        bests = [some.best()[0][0] for some in faces]
        least = min(bests)
        found: list[tuple[float, float, Choice]] = []
        for some, best in zip(faces, bests, strict=True):
            if best > least + SAME_ENERGY:
                continue
            face = _JoinedFace(slab, some, self)
            for place in face.best_places():
                energy, moves = face.least_energy(place)
                cost = float(some.energy(moves[None])[0]) - least
                found.append((energy, cost, Choice(some.ions[moves], some.periods)))
        if not found:
            return alone
        _, cost, choice = min(found, key=lambda way: way[0])
        if cost <= SAME_ENERGY:
            return alone
        name = "film" if self.above else "substrate"
        why = f"chosen for the {name} ({cost:.1f} eV above the best for the slab alone)"
        return Choice(choice.ions, choice.periods, why)


@dataclass(frozen=True, eq=False)
class _Place:
    """A shift and a gap, and which ions of the face have room there.

    Attributes
    ----------
    contacts : float
        Of the face's best set of ions.
    shift : (2,) float array
        Å.
    gap : float
        Å, with all ions of the face in place.
    allowed : (m,) bool array
        Which ions may be at the joined face.
    """

    contacts: float
    shift: np.ndarray
    gap: float
    allowed: np.ndarray


class _JoinedFace:
    """A slab with all ions of a face at the side that is joined."""

    def __init__(self, slab: Atoms, some: FaceIons, partner: Partner) -> None:
        self.some, self.partner = some, partner
        m = len(some.ions)
        self.arrives = (some.periods > 0) == partner.above  # ions move to the joined face
        self.joined = slice(m, None) if self.arrives else slice(None, m)
        self.full = slab.copy()
        self.full.positions[some.ions] = some.places[self.joined]
        film, substrate = (
            (partner.atoms, self.full) if partner.above else (self.full, partner.atoms)
        )
        self.rise = float(substrate.positions[:, 2].max() - film.positions[:, 2].min())
        moves = (partner.shifts - np.rint(partner.shifts)) @ partner.cell
        self.moves = moves
        self.pairs = facing_pairs(film, substrate, partner.cell, moves, partner.touch, True)

    def best_places(self) -> list[_Place]:
        """Return the places with most contacts, one for each shift; none where none has any."""
        found = []
        for shift in self.moves:
            ways = [place for groups in self.some.kinds for place in self._places(groups, shift)]
            if ways:
                found.append(max(ways, key=lambda place: place.contacts))
        found = [place for place in found if place.contacts > 0]
        return sorted(found, key=lambda place: -round(place.contacts, 6))[:COMPARED]

    def _places(self, groups: Groups, shift: np.ndarray) -> Iterator[_Place]:
        """Yield the gaps at which the face can have as many ions as it needs, the least first."""
        here, n = self.pairs.at(shift), len(self.full)
        atom = self.pairs.lower if self.partner.above else self.pairs.upper
        needed = here.gaps_needed(atom, n)
        ions = self.some.ions
        fixed = float(np.delete(needed, ions).max(initial=0.0))
        own = np.maximum(needed[ions], max(fixed, 0.0))
        wanted = [(group, k if self.arrives else len(group) - k) for group, k in groups]
        least = max(np.sort(own[group])[k - 1] if k else fixed for group, k in wanted)
        gaps = self._gaps(own, float(least))
        for gap in gaps:
            allowed = own <= max(gap, least) + _ON_CONTACT
            yield _Place(self._contacts(here, gap, atom, wanted, allowed), shift, gap, allowed)

    def _gaps(self, own: np.ndarray, least: float) -> list[float]:
        """Return the gaps to try, Å: that given, or those at which another ion has room."""
        if self.partner.gap is not None:
            return [self.partner.gap]
        more = own[(own > least) & (own <= least + CLEARANCE)]
        steps = np.unique(np.ceil((more - least) / GAP_STEP)) * GAP_STEP
        return [least, *(least + steps).tolist()]

    def _contacts(
        self, here: PairsAt, gap: float, atom: np.ndarray, wanted: Groups, allowed: np.ndarray
    ) -> float:
        """Return the most contacts the face can have at a gap."""
        contacts = here.contacts(gap, atom, len(self.full))
        own = np.where(allowed, contacts[self.some.ions], -np.inf)
        total = float(np.delete(contacts, self.some.ions).sum())
        return total + sum(
            float(np.sort(own[group])[len(group) - k :].sum()) for group, k in wanted
        )

    def least_energy(self, place: _Place) -> tuple[float, np.ndarray]:
        """Return the least energy of both sides at a place, eV, and which ions move for it."""
        some, slab = self.some, self.full
        charges = ionic_charges(slab)
        others = np.setdiff1d(np.flatnonzero(charges), some.ions)
        way = np.append(place.shift, self.rise + place.gap)
        way = way if self.partner.above else -way
        sources = self.partner.atoms.positions + way
        height = np.ptp(slab.positions[:, 2]) + np.ptp(sources[:, 2]) + abs(some.step[2])
        cell = np.zeros((3, 3))
        cell[:2, :2] = self.partner.cell
        cell[2, 2] = height + VACUUM
        targets = np.concatenate([some.places, slab.positions[others]])
        felt = potentials(cell, targets, sources, ionic_charges(self.partner.atoms))
        outside = felt[: len(some.places)]
        allowed = np.ones(len(some.places), bool)
        allowed[self.joined] = place.allowed
        energy, moves = some.best(outside, allowed)[0]
        return energy + float(charges[others] @ felt[len(some.places) :]), moves
