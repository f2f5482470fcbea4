"""The configurations found: where what sits, how many are like it, and the structure itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, overload

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.bonds import Bonds
from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.chemistry.dangling import lattice_bonds, polarity
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.defects.notation import Defect
from heterodot.structures.defects.point_defects import vacancy_record
from heterodot.structures.dots.composition import CHARGE_NOTE, note_formal_charge, occupy
from heterodot.structures.editing import remove_atoms
from heterodot.structures.enumeration.request import Compound


@dataclass(frozen=True, eq=False)
class Host:
    """The structure all configurations of a set are made from.

    Attributes
    ----------
    atoms : Atoms
        The structure.
    sites : (n,) int array
        The atoms that may change.
    group_order : int
        Number of symmetry operations that act differently on the sites.
    rotations_only : bool
        Whether these are rotations only, so that mirror images are told apart.
    formal_charges : mapping of element to charge (e) or None
        Of elements that come in, where they are not those of the common ions.
    """

    atoms: Atoms
    sites: np.ndarray
    group_order: int
    rotations_only: bool = False
    formal_charges: Mapping[str, float] | None = None

    @cached_property
    def bonds(self) -> Bonds:
        """Bonds between unlike ions."""
        return lattice_bonds(self.atoms)


@dataclass(frozen=True, eq=False)
class Configuration(Record, written=("sites", "species", "multiplicity", "charge")):
    """One of a set of symmetry-equivalent configurations.

    Attributes
    ----------
    host : Host
        The structure it is made from.
    sites : tuple of int
        Atoms of the host that change.
    species : tuple of str
        The defect on each of them (``V_Cu'``), or in a colouring the element or "vacancy".
    multiplicity : int
        Number of configurations that symmetry makes equivalent to it, itself included.
    charge : int
        What it adds to the sum of the host's formal charges, e.
    compound : Compound
        What it is a configuration of.
    """

    host: Host
    sites: tuple[int, ...]
    species: tuple[str, ...]
    multiplicity: int
    charge: int
    compound: Compound

    @property
    def label(self) -> str:
        """For example ``V_Cu'@3 In_Cu**@17``."""
        pairs = zip(self.species, self.sites, strict=True)
        return " ".join(f"{name}@{site}" for name, site in pairs) or "no defects"

    def apply(self) -> Atoms:
        """Make the structure.

        Defects are ionic, as in :func:`heterodot.structures.apply_defect`: the total charge
        changes by their effective charges. A colouring keeps the total charge, as
        :func:`heterodot.structures.fill_cations` does.

        Returns
        -------
        Atoms
            With the defects in ``info["heterodot"]["defects"]`` and the step
            ``enumerate_configurations`` (sites, species, multiplicity) in its history.

        Raises
        ------
        StructureError
            If every atom is a vacancy.
        """
        if self.compound.filler is None:
            new = self._with_defects()
        else:
            new = self._coloured(self.compound.filler)
        provenance.add_step(
            new,
            "enumerate_configurations",
            sites=list(self.sites),
            species=list(self.species),
            multiplicity=self.multiplicity,
        )
        return new

    def _with_defects(self) -> Atoms:
        new = self.host.atoms.copy()
        charges = formal_charges(new)
        kinds = np.repeat(np.array(self.compound.species, object), self.compound.counts)
        records = list(provenance.details(new).get("defects", []))
        gone = []
        for site, defect in zip(self.sites, kinds, strict=True):
            if defect.is_vacancy:
                gone.append(site)
                records.append(vacancy_record(self.host.atoms, self.host.bonds, defect.ascii, site))
                continue
            charges[site] += defect.charge
            new.symbols[site] = defect.species
            place = new.positions[site].tolist()
            records.append({"symbol": defect.ascii, "position": place, "index": site})
        if polarity(self.host.atoms).any():
            new.set_array("formal_charge", charges, dtype=float)
        if len(gone) == len(new):
            raise StructureError(f"{self.compound.label}: leaves no atom; expected fewer vacancies")
        total = provenance.total_charge(new) + self.charge
        provenance.update(new, defects=records, charge=total)
        new = remove_atoms(new, gone)
        if any(note.startswith(CHARGE_NOTE) for note in provenance.notes(new)):
            note_formal_charge(new)
        return new

    def _coloured(self, filler: str) -> Atoms:
        species = np.full(len(self.host.atoms), filler, object)
        species[list(self.sites)] = self.species
        host = self.host
        new = occupy(host.atoms, host.sites, species[host.sites], host.formal_charges)
        note_formal_charge(new)
        return new


@dataclass(frozen=True, eq=False)
class Block:
    """The configurations of one compound.

    Attributes
    ----------
    compound : Compound
        What they are configurations of.
    n_orbits, n_configurations : int
        How many there are without regard to distances: inequivalent, and in all.
    sites : (M, K) int array
        Atoms of the host, colour by colour.
    multiplicity : (M,) int array
        Size of each one's orbit.
    """

    compound: Compound
    n_orbits: int
    n_configurations: int
    sites: np.ndarray
    multiplicity: np.ndarray


class Configurations(Sequence[Configuration]):
    """Symmetry-distinct configurations of a structure; made one by one as they are asked for.

    Attributes
    ----------
    host : Host
        The structure they are made from; ``host.group_order`` is the order of its group.
    blocks : tuple of Block
        One per compound, with the arrays.
    sampled : str or None
        "orbits" or "configurations": what the random choice was uniform over; None if these are
        all there are.
    """

    def __init__(self, host: Host, blocks: Sequence[Block], sampled: str | None) -> None:
        self.host, self.blocks, self.sampled = host, tuple(blocks), sampled
        self._ends = list(accumulate(len(block.sites) for block in blocks))

    @property
    def n_orbits(self) -> int:
        """How many distinct configurations there are by Burnside's lemma, before any filter."""
        return sum(block.n_orbits for block in self.blocks)

    @property
    def n_configurations(self) -> int:
        """How many configurations there are in all, equivalent ones and any filter aside."""
        return sum(block.n_configurations for block in self.blocks)

    @property
    def multiplicities(self) -> np.ndarray:
        """(M,) number of equivalents of each configuration."""
        return np.concatenate([block.multiplicity for block in self.blocks])

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Configuration: ...
    @overload
    def __getitem__(self, index: slice) -> list[Configuration]: ...
    def __getitem__(self, index: int | slice) -> Configuration | list[Configuration]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"configuration {index}: there are {len(self)}")
        index %= len(self)
        number = bisect_right(self._ends, index)
        block = self.blocks[number]
        row = index - (self._ends[number - 1] if number else 0)
        names = [s.ascii if isinstance(s, Defect) else s for s in block.compound.species]
        return Configuration(
            host=self.host,
            sites=tuple(block.sites[row].tolist()),
            species=tuple(np.repeat(names, block.compound.counts).tolist()),
            multiplicity=int(block.multiplicity[row]),
            charge=block.compound.charge,
            compound=block.compound,
        )

    def summary(self) -> str:
        """Return a line for people."""
        operations = "rotations" if self.host.rotations_only else "symmetry operations"
        text = (
            f"{self.n_orbits} distinct of {self.n_configurations} configurations "
            f"under {self.host.group_order} {operations}"
        )
        if self.sampled:
            return f"{text}; {len(self)} drawn, uniform over {self.sampled}"
        return text if len(self) == self.n_orbits else f"{text}; {len(self)} pass the filters"

    def to_dict(self) -> dict[str, Any]:
        """Return counts and configurations as JSON values."""
        return {
            "n_orbits": self.n_orbits,
            "n_configurations": self.n_configurations,
            "group_order": self.host.group_order,
            "sampled": self.sampled,
            "configurations": [configuration.to_dict() for configuration in self],
        }
