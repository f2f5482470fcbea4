"""Bands along the lines of high symmetry, and densities of states by element and by domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.phonons.crystal import (
    THZ,
    WAVENUMBER,
    HarmonicCrystal,
    modes_at,
    quiet,
)
from heterodot.analysis.motion.phonons.thermodynamics import Thermodynamics, thermodynamics
from heterodot.checks import positive
from heterodot.data.electronic_structure import KMesh
from heterodot.data.tetrahedron import tetrahedron_dos

MESH_LENGTH = 60.0
"""Å: a mesh has this over the distance of the lattice planes of the primitive cell as divisions.
Chosen: F of Cu (EMT) at 300 K is within 0.01 meV of that by 100 Å."""

BAND_POINTS = 51
"""On the longest line; on others in proportion."""


@dataclass(frozen=True, eq=False)
class PhononBands:
    """Frequencies along lines from one point of high symmetry to another.

    Attributes
    ----------
    lines : tuple of (str, str)
        Labels of the ends of each line.
    wave_vectors : tuple of (n, 3) float array
        In the reciprocal basis of the primitive cell.
    distances : tuple of (n,) float array
        Along the path, 1/Å (without 2π), where the next line goes on at the same place.
    frequencies : tuple of (n, 3a) float array
        THz, imaginary as negative.
    """

    lines: tuple[tuple[str, str], ...]
    wave_vectors: tuple[np.ndarray, ...]
    distances: tuple[np.ndarray, ...]
    frequencies: tuple[np.ndarray, ...]

    @property
    def lowest(self) -> float:
        """THz."""
        return float(min(f.min() for f in self.frequencies))

    @property
    def highest(self) -> float:
        """THz."""
        return float(max(f.max() for f in self.frequencies))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each wave vector, units in the names."""
        for (start, end), qs, xs, fs in zip(
            self.lines, self.wave_vectors, self.distances, self.frequencies, strict=True
        ):
            for q, x, f in zip(qs, xs, fs, strict=True):
                yield {
                    "line": f"{start}-{end}",
                    **{f"q{i + 1}": float(v) for i, v in enumerate(q)},
                    "distance (1/Å)": float(x),
                    **{f"{i + 1} (THz)": float(v) for i, v in enumerate(f)},
                }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, frequencies in THz."""
        return {
            "lines": [list(line) for line in self.lines],
            "wave_vectors": [q.tolist() for q in self.wave_vectors],
            "distances": [x.tolist() for x in self.distances],
            "frequencies": [f.tolist() for f in self.frequencies],
        }


@dataclass(frozen=True, eq=False)
class PhononDensity:
    """Density of states of a primitive cell, and the shares of elements and domains in it.

    Attributes
    ----------
    frequencies : (n,) float array
        THz.
    total : (n,) float array
        States per THz and primitive cell.
    elements, domains : dict of str to (n,) float array
        Shares; they sum to the total. No domains where atoms have none, or all the same.
    mesh : tuple of int
        Divisions of the mesh of wave vectors.
    """

    frequencies: np.ndarray
    total: np.ndarray
    elements: Mapping[str, np.ndarray]
    domains: Mapping[str, np.ndarray]
    mesh: tuple[int, ...]

    def rows(self) -> Iterator[dict[str, float]]:
        """Yield a row for each frequency, units in the names."""
        shares = {**self.elements, **self.domains}
        for i, frequency in enumerate(self.frequencies):
            yield {
                "frequency (THz)": float(frequency),
                "frequency (cm⁻¹)": float(frequency * WAVENUMBER),
                "total (1/THz)": float(self.total[i]),
                **{f"{name} (1/THz)": float(share[i]) for name, share in shares.items()},
            }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "frequencies": self.frequencies.tolist(),
            "total": self.total.tolist(),
            "elements": {k: v.tolist() for k, v in self.elements.items()},
            "domains": {k: v.tolist() for k, v in self.domains.items()},
            "mesh": list(self.mesh),
        }


def special_points(
    primitive: Atoms, symprec: float
) -> tuple[dict[str, np.ndarray], list[tuple[str, str]]]:
    """Return the points of high symmetry by label, and the lines between them.

    seekpath's (Y. Hinuma et al., Comput. Mater. Sci. 128, 140 (2017),
    doi:10.1016/j.commatsci.2016.10.015), in the reciprocal basis of the cell that is given.
    """
    import seekpath

    cell = (primitive.cell.array, primitive.get_scaled_positions(), primitive.numbers)
    with quiet():
        found = seekpath.get_path_orig_cell(cell, symprec=symprec)
    points = {_label(k): np.array(v) for k, v in found["point_coords"].items()}
    return points, [(_label(a), _label(b)) for a, b in found["path"]]


def _label(text: str) -> str:
    return text.replace("GAMMA", "Γ")


def phonon_bands(crystal: HarmonicCrystal, points: int = BAND_POINTS) -> PhononBands:
    """Return the bands of a crystal along seekpath's lines, ``points`` on the longest."""
    coordinates, lines = special_points(crystal.primitive, crystal.symprec)
    reciprocal = np.linalg.inv(crystal.primitive.cell.array)
    lengths = [np.linalg.norm(reciprocal @ (coordinates[b] - coordinates[a])) for a, b in lines]
    paths = []
    for (a, b), length in zip(lines, lengths, strict=True):
        n = max(2, round((points - 1) * length / max(lengths)) + 1)
        paths.append(np.linspace(coordinates[a], coordinates[b], n))
    with quiet():
        crystal.model.run_band_structure(paths, labels=None, is_legacy_plot=False)
    found: Any = crystal.model.band_structure
    return PhononBands(
        tuple(lines),
        tuple(paths),
        tuple(np.array(x) for x in found.distances),
        tuple(np.sort(np.array(f), axis=1) for f in found.frequencies),
    )


@dataclass(frozen=True, eq=False)
class PhononMesh:
    """All modes on an even mesh of wave vectors that holds Γ, those symmetry makes the same once.

    Attributes
    ----------
    mesh : KMesh
    weights : (n,) float array
        Wave vectors of the whole mesh that each stands for; Γ is the first.
    frequencies : (n, 3a) float array
        THz.
    shares : (n, a, 3a) float array
        Of the atoms in each mode; atoms that symmetry makes the same share alike.
    """

    mesh: KMesh
    weights: np.ndarray
    frequencies: np.ndarray
    shares: np.ndarray

    def thermodynamics(self, temperatures: Sequence[float] | np.ndarray) -> Thermodynamics:
        """Return F, S and Cv of a primitive cell; Γ's acoustic modes have no energy."""
        return thermodynamics(self.frequencies * THZ, temperatures, self.weights, n_rigid=3)


def phonon_mesh(crystal: HarmonicCrystal, length: float = MESH_LENGTH) -> PhononMesh:
    """Return the modes of a crystal on a mesh; ``length`` (Å): see :data:`MESH_LENGTH`."""
    import spglib

    primitive = crystal.primitive
    each = positive(length, "mesh_length", "Å") * np.linalg.norm(
        np.linalg.inv(primitive.cell.array), axis=0
    )
    a, b, c = (int(n) for n in np.maximum(1, np.rint(each)))
    size = (a, b, c)
    cell = (primitive.cell.array, primitive.get_scaled_positions(), primitive.numbers)
    table, grid = spglib.get_ir_reciprocal_mesh(size, cell, symprec=crystal.symprec)
    place = np.ravel_multi_index(tuple((grid % size).T), size)
    chosen, irreducible, counts = np.unique(table, return_inverse=True, return_counts=True)
    of_points = np.empty(len(table), int)
    of_points[place] = irreducible
    frequencies, vectors = modes_at(crystal.model, grid[chosen] / np.array(size))
    n, modes = len(chosen), 3 * len(primitive)
    shares = (np.abs(vectors) ** 2).reshape(n, len(primitive), 3, modes).sum(axis=2)
    orbits = crystal.model.primitive_symmetry.get_map_atoms()
    for orbit in np.unique(orbits):
        alike = np.flatnonzero(orbits == orbit)
        shares[:, alike] = shares[:, alike].mean(axis=1, keepdims=True)
    mesh = KMesh(size, of_points, primitive.cell.array)
    return PhononMesh(mesh, counts.astype(float), frequencies, shares)


def phonon_density(
    crystal: HarmonicCrystal, mesh: PhononMesh, pitch: float | None = None
) -> PhononDensity:
    """Return densities of states by the linear tetrahedron method.

    Parameters
    ----------
    crystal : HarmonicCrystal
    mesh : PhononMesh
        Of the crystal.
    pitch : float, optional
        Between two frequencies, THz; a 300th of the range unless given.
    """
    lowest, highest = float(mesh.frequencies.min()), float(mesh.frequencies.max())
    low, high = min(1.02 * lowest, 0.0), 1.02 * highest
    step = (high - low) / 300 if pitch is None else positive(pitch, "pitch", "THz")
    grid = np.arange(low, high + step, step)
    symbols, domains = crystal.primitive.get_chemical_symbols(), crystal.domains or ()
    elements = _shares_of(mesh, symbols, grid)
    return PhononDensity(
        grid,
        np.sum(list(elements.values()), axis=0),
        elements,
        _shares_of(mesh, domains, grid) if len(set(domains)) > 1 else {},
        mesh.mesh.size,
    )


def _shares_of(mesh: PhononMesh, names: Sequence[str], grid: np.ndarray) -> dict[str, np.ndarray]:
    """Return the density (1/THz) of the atoms of each name."""
    listed = np.array(names)
    return {
        name: tetrahedron_dos(
            mesh.mesh, mesh.frequencies, mesh.shares[:, listed == name].sum(axis=1), grid
        )
        for name in dict.fromkeys(names)
    }
