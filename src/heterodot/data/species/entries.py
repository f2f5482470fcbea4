"""What can be known of a species: geometry, ways to stand, ideal gas, measured data, corrections.

Each kind of entry is one class; :class:`Species` holds one of each, or none where it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from ase import units
from ase.formula import Formula

from heterodot.checks import finite, is_whole, positive
from heterodot.data.conditions import STANDARD_PRESSURE, STANDARD_TEMPERATURE
from heterodot.errors import InputError

KJ_PER_MOL = units.kJ / units.mol
"""eV."""


@dataclass(frozen=True)
class Geometry:
    """A molecule's geometry and where it comes from.

    Attributes
    ----------
    symbols : str
        Chemical symbols in order.
    positions : tuple of (x, y, z)
        Å.
    source : str
        Reference of the geometry.
    """

    symbols: str
    positions: tuple[tuple[float, float, float], ...]
    source: str


@dataclass(frozen=True, eq=False)
class Orientation:
    """One way for an adsorbate to stand on a site.

    Attributes
    ----------
    name : str
        For example "C-down".
    symbols : tuple of str
        Atoms of the adsorbate, in the molecule's order.
    positions : (n, 3) float array
        Å, not to be written to; z is the outward normal, the height is free.
    binding : int
        Atom (of the adsorbate) that binds.
    distance : float or None
        Distance of the binding atom to the site, Å (more where a bond to the site is longer than
        that); None for a bond's length.
    second : int or None
        Another atom that binds, at its own bond's length: both lie in the xz plane.
    """

    name: str
    symbols: tuple[str, ...]
    positions: np.ndarray
    binding: int
    distance: float | None = None
    second: int | None = None

    def __post_init__(self) -> None:
        positions = np.array(self.positions, dtype=float)
        positions.setflags(write=False)
        object.__setattr__(self, "positions", positions)
        object.__setattr__(self, "symbols", tuple(self.symbols))


@dataclass(frozen=True)
class IdealGas:
    """What the ideal-gas partition function must know of a molecule.

    Attributes
    ----------
    symmetry_number : int
        Rotational symmetry number (Cramer 2004, appendix B).
    geometry : {"monatomic", "linear", "nonlinear"}
    spin : float
        Total electronic spin: 0 closed shell, 0.5 one unpaired electron, 1 triplet.
    terms : tuple of (int, float)
        Degeneracy and energy (cm⁻¹, from the lowest) of the electronic levels that are populated;
        one of degeneracy 2S + 1 unless given. A linear molecule in a Π or Δ state and an atom in a
        P or D one have more.
    """

    symmetry_number: int
    geometry: str
    spin: float = 0.0
    terms: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        whole = isinstance(self.symmetry_number, int | np.integer)
        if not whole or isinstance(self.symmetry_number, bool):
            raise InputError(f"symmetry number {self.symmetry_number!r}: expected 1, 2, …")
        finite(self.spin, "spin")
        if self.geometry not in ("monatomic", "linear", "nonlinear"):
            raise InputError(
                f"geometry {self.geometry!r}: expected 'monatomic', 'linear' or 'nonlinear'"
            )
        if self.symmetry_number < 1:
            raise InputError(f"symmetry number {self.symmetry_number}: expected 1 or more")
        if self.spin < 0 or not float(2 * self.spin).is_integer():
            raise InputError(f"spin {self.spin}: expected 0, 0.5, 1, …")
        _check_terms(self.terms)

    @property
    def levels(self) -> tuple[tuple[int, float], ...]:
        """Degeneracies and energies (cm⁻¹) of the electronic levels."""
        return self.terms or ((round(2 * self.spin) + 1, 0.0),)

    def n_vibrations(self, n_atoms: int) -> int:
        """Return the number of true vibrations of ``n_atoms`` atoms: 3N − 5, 3N − 6 or 0."""
        if self.geometry == "monatomic":
            return 0
        return 3 * n_atoms - (5 if self.geometry == "linear" else 6)


def _check_terms(terms: tuple[tuple[int, float], ...]) -> None:
    expected = "expected (degeneracy 1, 2, …; energy ≥ 0 cm⁻¹) with the lowest at 0"
    for term in terms:
        if not isinstance(term, tuple) or len(term) != 2:
            raise InputError(f"electronic term {term!r}: {expected}")
        degeneracy, energy = term
        finite(energy, "energy of an electronic term", "cm⁻¹")
        if not is_whole(degeneracy) or degeneracy < 1 or energy < 0:
            raise InputError(f"electronic term {term!r}: {expected}")
    if terms and min(energy for _, energy in terms) != 0:
        raise InputError(f"electronic terms {terms}: {expected}")


@dataclass(frozen=True)
class GasRecord:
    """Measured standard-state data of a substance at 298.15 K and 1 bar.

    Attributes
    ----------
    formation_enthalpy : float
        ΔfH°, kJ/mol.
    entropy : float
        S°, J/mol/K.
    enthalpy_increment : float
        H°(298.15 K) − H°(0), kJ/mol.
    heat_capacity : float
        Cp°, J/mol/K.
    source : str
    """

    formation_enthalpy: float
    entropy: float
    enthalpy_increment: float
    heat_capacity: float
    source: str

    def gibbs(self, temperature: float, pressure: float = STANDARD_PRESSURE) -> float:
        """H − TS in eV at T (K) and p (Pa), on the scale where elements have H°(298.15 K) = 0.

        Cp is held at its 298.15 K value, good to 0.1 kJ/mol between 250 and 400 K.
        """
        temperature = positive(temperature, "temperature", "K")
        pressure = positive(pressure, "pressure", "Pa")
        step = temperature - STANDARD_TEMPERATURE
        enthalpy = self.formation_enthalpy + self.heat_capacity * step / 1e3
        entropy = self.entropy + self.heat_capacity * np.log(temperature / STANDARD_TEMPERATURE)
        standard = (enthalpy - temperature * entropy / 1e3) * KJ_PER_MOL
        return float(standard + units.kB * temperature * np.log(pressure / STANDARD_PRESSURE))


@dataclass(frozen=True)
class Correction:
    """A published correction of a gas's Gibbs energy.

    Attributes
    ----------
    shift : float
        eV, added to G.
    source : str
    """

    shift: float
    source: str


@dataclass(frozen=True, eq=False)
class Species:
    """What is known of a molecule, an atom or an adsorbed fragment.

    An entry that is None or empty is not known; who needs it says so in one line.

    Attributes
    ----------
    name : str
    formula : str
        Which atoms it is made of; the name unless given.
    charge : int
        e.
    geometry : Geometry or None
        Of the free molecule, a starting point that a relaxation refines.
    orientations : tuple of Orientation
        The ways it can stand on a site, the usual one first.
    ideal_gas : IdealGas or None
        Symmetry number, shape, spin and electronic terms.
    measured : GasRecord or None
        Thermochemistry of the gas at 298.15 K and 1 bar.
    corrections : mapping of str to Correction
        By the name of the correction.
    pressure : float
        Pa, at which the gas is taken unless a question says otherwise.
    """

    name: str
    formula: str = ""
    charge: int = 0
    geometry: Geometry | None = None
    orientations: tuple[Orientation, ...] = ()
    ideal_gas: IdealGas | None = None
    measured: GasRecord | None = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    pressure: float = STANDARD_PRESSURE

    def __post_init__(self) -> None:
        object.__setattr__(self, "orientations", tuple(self.orientations))
        positive(self.pressure, f"species {self.name!r}: pressure", "Pa")
        try:
            own = self.composition
        except ValueError:
            given = self.formula or self.name
            raise InputError(
                f"species {self.name!r}: formula {given!r}, expected one such as 'CO2'"
            ) from None
        made = [self.geometry.symbols] if self.geometry else []
        made += ["".join(way.symbols) for way in self.orientations]
        for symbols in made:
            if Formula(symbols).count() != own:
                raise InputError(
                    f"species {self.name!r}: its formula is {self.formula or self.name}, a "
                    f"geometry of it has the atoms {Formula(symbols).format('hill')}"
                )

    @cached_property
    def composition(self) -> dict[str, int]:
        """How many atoms of each element."""
        return dict(Formula(self.formula or self.name, strict=True).count())

    @property
    def unpaired_electrons(self) -> int | None:
        """Of the free molecule; None where its spin is not known."""
        return None if self.ideal_gas is None else round(2 * self.ideal_gas.spin)
