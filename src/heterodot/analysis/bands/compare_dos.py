"""Two densities of states set against each other: on one grid, on one reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heterodot.analysis.bands.pdos import DensityOfStates
from heterodot.errors import InputError


def difference(dos_a: DensityOfStates, dos_b: DensityOfStates) -> DensityOfStates:
    """Density ``a`` minus density ``b``, such as with and without an adsorbate.

    Both must be aligned to the same reference with the same broadening and projection. Where their
    grids differ, both are interpolated to the finer spacing over the range they share. One
    spin-polarised density against a paired one is compared in the sum over the channels.

    Returns
    -------
    DensityOfStates
        Its Fermi level and highest occupied state are those of ``a``.

    Raises
    ------
    InputError
        Different references, broadenings, widths or projections, levels of theory, or grids that
        do not overlap.
    """
    _check_alike(dos_a, dos_b)
    grid = common_grid(dos_a, dos_b)
    a, b = (_values_on(dos, grid) for dos in (dos_a, dos_b))
    if len(a) != len(b):
        a, b = a.sum(axis=0, keepdims=True), b.sum(axis=0, keepdims=True)
    label = dos_a.label if dos_a.label == dos_b.label else f"{dos_a.label} − {dos_b.label}"
    caveats = tuple(dict.fromkeys((*dos_a.caveats, *dos_b.caveats)))
    return replace(dos_a, energies=grid, values=a - b, label=f"Δ {label}", caveats=caveats)


def common_grid(dos_a: DensityOfStates, dos_b: DensityOfStates) -> np.ndarray:
    """(E,) the grid of both, or an even one of the finer spacing over the range they share.

    Raises
    ------
    InputError
        They share no range.
    """
    a, b = dos_a.energies, dos_b.energies
    if len(a) == len(b) and np.allclose(a, b, rtol=0, atol=1e-12):
        return a
    low, high = max(a[0], b[0]), min(a[-1], b[-1])
    if not high > low:
        raise InputError(
            f"densities on {a[0]:.2f}…{a[-1]:.2f} and {b[0]:.2f}…{b[-1]:.2f} eV: expected grids "
            "that overlap"
        )
    spacing = min(np.diff(a).min(), np.diff(b).min())
    return np.linspace(low, high, int(np.ceil((high - low) / spacing)) + 1)


def _values_on(dos: DensityOfStates, grid: np.ndarray) -> np.ndarray:
    if grid is dos.energies:
        return dos.values
    return np.array([np.interp(grid, dos.energies, channel) for channel in dos.values])


def _check_alike(a: DensityOfStates, b: DensityOfStates) -> None:
    for name in ("reference", "broadening", "width", "kind", "level"):
        one, other = getattr(a, name), getattr(b, name)
        if one != other:
            raise InputError(
                f"difference of densities with {name} {one!r} and {other!r}: expected the same; "
                "make both with the same settings"
            )
    if a.reference is None:
        raise InputError(
            "difference of densities on each calculation's own zero: align both to 'vacuum', a "
            "DeepLevel, 'vbm' or 'fermi'"
        )
