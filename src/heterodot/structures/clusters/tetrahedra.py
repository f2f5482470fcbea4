"""Tetrahedral zinc-blende clusters that grow layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot import provenance
from heterodot.structures.dots.passivation import passivate
from heterodot.structures.dots.pyramids import pyramid


def tetrahedral_cluster(
    crystal: str | Path | Atoms | Any,
    layers: int,
    *,
    termination: str = "cation",
    passivant: str | None = None,
) -> Atoms:
    """Cut one member of the tetrahedral series of magic-size clusters.

    Each member adds a layer to one facet of the one before (A. S. Mule et al., J. Am. Chem. Soc.
    2021, 143, 2037, doi:10.1021/jacs.0c12185). With m cations along an edge it has m(m+1)(m+2)/6.

    Parameters
    ----------
    crystal : str or crystal
        "CdSe", "ZnS", … as for :func:`heterodot.structures.crystal`.
    layers : int
        Layers of cations, 2 or more (1 or more where the facets end on anions).
    termination : {"cation", "anion"}
        What the facets end on; in solution they end on cations that carry ligands.
    passivant : str, optional
        As for :func:`heterodot.structures.passivate`: "Cl", "SH", "pseudo-H", …; bare if not
        given.

    Returns
    -------
    Atoms
        As from :func:`heterodot.structures.pyramid`.

    Raises
    ------
    StructureError
        As :func:`heterodot.structures.pyramid` and :func:`heterodot.structures.passivate`.
    """
    dot = pyramid(crystal, layers, termination=termination)
    provenance.add_step(dot, "tetrahedral_cluster", layers=int(layers), passivant=passivant)
    return dot if passivant is None else passivate(dot, passivant)
