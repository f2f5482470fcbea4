"""Time to cut a dot of a million atoms and to find its bonds, beside other ways at a smaller size.

Run: python benchmarks/cutting.py [number of atoms, default 1e6] [for the others, default 2e4]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

from heterodot.bonds import DEFAULT_SCALE, find_bonds
from heterodot.structures import Facet, crystal, cut

TETRAHEDRON = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
REPEATS = 3


def timed(label: str, function: Callable[[], object], repeats: int = 1) -> object:
    """Call a function, print the CPU time of the fastest call, return its last result."""
    best, result = np.inf, None
    for _ in range(repeats):
        start = time.process_time()
        result = function()
        best = min(best, time.process_time() - start)
    size = len(result.pairs) if hasattr(result, "pairs") else len(result)  # type: ignore[arg-type]
    print(f"{label:58s} {size:>9d}  {best:8.3f} s")
    return result


def facets_for(n_atoms: float, a: float) -> list[Facet]:
    """Facets of a tetrahedron of about n atoms of zinc blende (inradius d: volume 8√3 d³)."""
    distance = (n_atoms * a**3 / 8 / (8 * np.sqrt(3))) ** (1 / 3)
    return [Facet(miller, distance) for miller in TETRAHEDRON]


def by_supercell(bulk: Atoms, facets: list[Facet]) -> Atoms:
    """Repeat the cell over the bounding box and keep what is inside, as is usual with ASE."""
    a = bulk.cell[0, 0]
    n = int(np.ceil(2 * np.sqrt(3) * facets[0].distance / a)) + 1
    block = bulk.repeat(n)
    r = block.positions - a * (n // 2)
    normals = np.array([f.miller for f in facets]) / np.sqrt(3)
    return block[np.all(r @ normals.T <= facets[0].distance + 1e-3, axis=1)]


def by_pymatgen(bulk: Atoms, facets: list[Facet]) -> list[object]:
    """Do the same with a pymatgen Structure."""
    from pymatgen.io.ase import AseAtomsAdaptor

    a = bulk.cell[0, 0]
    n = int(np.ceil(2 * np.sqrt(3) * facets[0].distance / a)) + 1
    block = AseAtomsAdaptor.get_structure(bulk).make_supercell(n, in_place=False)
    normals = np.array([f.miller for f in facets]) / np.sqrt(3)
    r = block.cart_coords - a * (n // 2)
    inside = np.all(r @ normals.T <= facets[0].distance + 1e-3, axis=1)
    return [site for site, keep in zip(block, inside, strict=True) if keep]


def main(n_large: float = 1e6, n_small: float = 2e4) -> None:
    zns, cis = crystal("ZnS"), crystal("CuInS2")
    a = float(zns.cell[0, 0])
    radius = (n_large * a**3 / 8 / (4 / 3 * np.pi)) ** (1 / 3)
    cut(cis, sphere=5.0)  # imports
    print(f"{'':58s} {'atoms':>9s}  CPU time")
    large = timed(
        "heterodot cut, ZnS tetrahedron", lambda: cut(zns, facets_for(n_large, a)), REPEATS
    )
    assert isinstance(large, Atoms)
    timed("heterodot cut, CuInS2 sphere", lambda: cut(cis, sphere=radius), REPEATS)
    timed("heterodot bonds of the tetrahedron (number: bonds)", lambda: find_bonds(large), REPEATS)
    facets = facets_for(n_small, a)
    small = timed("heterodot cut, ZnS tetrahedron", lambda: cut(zns, facets), REPEATS)
    assert isinstance(small, Atoms)
    timed("heterodot bonds (number: bonds)", lambda: find_bonds(small), REPEATS)
    timed("ASE repeat and mask", lambda: by_supercell(zns, facets))
    timed("pymatgen supercell and mask", lambda: by_pymatgen(zns, facets))
    cutoffs = DEFAULT_SCALE * covalent_radii[small.numbers]
    # ASE is given a box: for a dot without a cell it took 12 s and 2 GB for 3000 atoms.
    small.center(vacuum=3.0)
    timed(
        "ASE neighbor_list in a box (number: bonds, twice)",
        lambda: neighbor_list("i", small, cutoffs),
    )


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:]))
