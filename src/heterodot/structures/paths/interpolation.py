"""Images between the two ends of a path, before any energy is asked for."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from ase import Atoms

from heterodot.constraints import fixed_indices
from heterodot.errors import MissingDependencyError, StructureError
from heterodot.structures.paths.mapping import displacements

METHODS = ("idpp", "linear", "geodesic")

IDPP_FMAX, IDPP_STEPS = 0.1, 200
"""Of the image-dependent pair potential, ASE's own units and criterion."""


def interpolate(start: Atoms, end: Atoms, n: int, method: str = "idpp") -> list[Atoms]:
    """Return both ends and n images between them.

    Parameters
    ----------
    start, end : Atoms
        The same atoms in the same order (:func:`heterodot.structures.paths.mapping.checked_end`).
    n : int
        Images between.
    method : {"idpp", "linear", "geodesic"}
        The image-dependent pair potential (S. Smidstrup et al., J. Chem. Phys. 140, 214106 (2014));
        straight lines; geodesics in internal coordinates (X. Zhu et al., J. Chem. Phys. 150, 164103
        (2019)), for free structures, by the package geodesic-interpolate.

    Raises
    ------
    StructureError
        A method there is not, or geodesics for periodic or held atoms.
    MissingDependencyError
        The package is not installed.
    """
    if method not in METHODS:
        raise StructureError(f"interpolation {method!r}: expected one of {', '.join(METHODS)}")
    if n < 1:
        raise StructureError(f"images {n}: expected 1 or more between the ends")
    whole = displacements(start, end)
    images = []
    for share in np.linspace(0.0, 1.0, n + 2):
        image = start.copy()
        image.set_positions(start.positions + share * whole, apply_constraint=False)
        images.append(image)
    if method == "idpp":
        _idpp(images)
    elif method == "geodesic":
        _geodesic(images)
    return images


def _idpp(images: list[Atoms]) -> None:
    """Move the images between the ends to where distances between atoms change evenly."""
    from ase.mep.neb import NEB, idpp_interpolate

    ends = [image.calc for image in images]
    band = NEB(images, method="improvedtangent")
    idpp_interpolate(
        band, traj=None, log=None, fmax=IDPP_FMAX, mic=bool(images[0].pbc.any()), steps=IDPP_STEPS
    )
    for image, calculator in zip(images, ends, strict=True):
        image.calc = calculator


def _geodesic(images: list[Atoms]) -> None:
    """Move the images between the ends onto a geodesic in internal coordinates."""
    if images[0].pbc.any() or fixed_indices(images[0]):
        raise StructureError(
            "interpolation geodesic: for free structures only, no cell and no held atoms; "
            "expected idpp"
        )
    if find_spec("geodesic_interpolate") is None:
        raise MissingDependencyError(
            "interpolation geodesic: pip install geodesic-interpolate, or choose idpp"
        )
    from ase.build import minimize_rotation_and_translation
    from geodesic_interpolate import Geodesic, redistribute

    start, end = images[0], images[-1]
    symbols = start.get_chemical_symbols()
    state = np.random.get_state()  # noqa: NPY002 - the package nudges by the global generator
    np.random.seed(0)  # noqa: NPY002
    try:
        raw = redistribute(symbols, [start.positions, end.positions], len(images), tol=1e-3)
        smoother = Geodesic(symbols, raw, 1.7, threshold=3, friction=1e-2)
        smoother.smooth(tol=2e-3, max_iter=15)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    for image, positions in zip(images[1:-1], smoother.path[1:-1], strict=True):
        image.positions = positions
        minimize_rotation_and_translation(start, image)
