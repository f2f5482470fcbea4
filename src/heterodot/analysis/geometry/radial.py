"""Composition and strain of a dot as a function of the distance from its centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.errors import InputError
from heterodot.records import Record


@dataclass(frozen=True)
class RadialProfile(Record):
    """What a core/shell dot is made of, from the centre outward.

    Attributes
    ----------
    radius : (n,) float array
        Distances from the centre, Å.
    fractions : dict of str to (n,) float array
        Share of each element among the ions of its own kind (cations, or anions).
    sublattice : dict of str to str
        "cation" or "anion" for each element.
    strain : (n,) float array or None
        Mean bond strain, where the structure has the array ``bond_strain``.
    """

    radius: np.ndarray
    fractions: dict[str, np.ndarray]
    sublattice: dict[str, str]
    strain: np.ndarray | None


def radial_profile(atoms: Atoms, smoothing: float = 1.0, step: float = 0.25) -> RadialProfile:
    """Average composition and bond strain over shells around the centre of the core.

    At each distance r the atoms count with weights exp[−(r − rᵢ)² / 2 s²] (kernel regression): a
    step at an interface is drawn about 2 s wide. Ligands and other guests are left out.

    Parameters
    ----------
    atoms : Atoms
        With the array ``sublattice``; its core is where ``layer`` is 0 (without it, all atoms).
    smoothing : float
        s, Å.
    step : float
        Between the distances, Å.

    Raises
    ------
    InputError
        The structure has no cations or no anions, or a number is not positive.
    """
    if not (0.01 <= smoothing < 1e3 and 0.001 <= step < 1e3):
        raise InputError(f"smoothing {smoothing}, step {step}: expected lengths (Å) above 0")
    kind = atoms.arrays.get("sublattice", np.full(len(atoms), ""))
    ions = np.isin(kind, ("cation", "anion"))
    if set(kind[ions].tolist()) != {"cation", "anion"}:
        raise InputError("radial profile: the structure has no array sublattice with both ions")
    layer = atoms.arrays.get("layer", np.zeros(len(atoms)))
    core = ions & (layer == layer[ions].min())
    distance = np.linalg.norm(atoms.positions - atoms.positions[core].mean(axis=0), axis=1)
    radius = np.arange(0.0, distance[ions].max() + step, step)
    weights = {k: _Kernel.of(radius, distance[kind == k], smoothing) for k in ("cation", "anion")}
    fractions, sublattice = {}, {}
    symbols = np.array(atoms.get_chemical_symbols())
    for k, kernel in weights.items():
        for element in dict.fromkeys(symbols[kind == k][np.argsort(distance[kind == k])].tolist()):
            fractions[element] = kernel.mean((symbols[kind == k] == element).astype(float))
            sublattice[element] = k
    strain = None
    if "bond_strain" in atoms.arrays:
        everything = _Kernel.of(radius, distance[ions], smoothing)
        strain = everything.mean(atoms.arrays["bond_strain"][ions])
    return RadialProfile(radius, fractions, sublattice, strain)


@dataclass(frozen=True)
class _Kernel:
    """Atoms sorted into fine bins, and the weights of the bins at each distance."""

    bins: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, radius: np.ndarray, distance: np.ndarray, smoothing: float) -> _Kernel:
        fine = smoothing / 10
        bins = (distance / fine).astype(int)
        centres = (np.arange(bins.max() + 1) + 0.5) * fine
        # no cut-off: far from every atom the nearest decides
        exponent = -0.5 * ((radius[:, None] - centres) / smoothing) ** 2
        exponent[:, np.bincount(bins, minlength=len(centres)) == 0] = -np.inf
        weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
        return cls(bins, weights)

    def mean(self, values: np.ndarray) -> np.ndarray:
        n = self.weights.shape[1]
        count = np.bincount(self.bins, minlength=n)
        summed = np.bincount(self.bins, values, minlength=n)
        return (self.weights @ summed) / (self.weights @ count)
