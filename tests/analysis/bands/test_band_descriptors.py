"""Centre, width, skewness and upper edge: closed forms, and pymatgen on the same data."""

from __future__ import annotations

import numpy as np
import pytest

from heterodot.analysis import band_moments, projected_dos
from heterodot.calculators import Level
from heterodot.structures import crystal, passivate, pyramid


@pytest.mark.parametrize(("centre", "half_width"), [(-2.0, 3.0), (1.5, 0.7), (-4.0, 1.5)])
def test_semi_elliptic_band(band, centre, half_width):
    found = band_moments(band(centre, half_width), element="Cu", edge_width=0.01 * half_width)
    assert found.centre == pytest.approx(centre, abs=2e-3 * half_width)
    assert found.width == pytest.approx(half_width / 2, rel=2e-3)
    assert found.skewness == pytest.approx(0.0, abs=2e-3)
    assert found.upper_edge == pytest.approx(centre + half_width, abs=0.03 * half_width)


def test_half_of_a_semi_elliptic_band_is_skewed_as_its_integrals_say(band):
    half = 3.0
    found = band_moments(band(0.0, half), element="Cu", occupied_only=True)
    x = -np.linspace(0, 1, 200001)
    density = np.sqrt(1 - x**2)
    mean = np.average(x, weights=density)
    second = np.average((x - mean) ** 2, weights=density)
    third = np.average((x - mean) ** 3, weights=density)
    assert found.centre == pytest.approx(mean * half, abs=2e-3)
    assert found.width == pytest.approx(np.sqrt(second) * half, abs=2e-3)
    assert found.skewness == pytest.approx(third / second**1.5, abs=3e-3)


def lobster_dos(densities, grid):
    """The same d band as LOBSTER's reader keeps it, shared out over two of its orbitals."""
    from pymatgen.core import Lattice, Structure
    from pymatgen.electronic_structure.core import Spin
    from pymatgen.electronic_structure.dos import Dos, LobsterCompleteDos

    up, down = densities
    whole = {Spin.up: up, Spin.down: down}
    structure = Structure(Lattice.cubic(5), ["Cu"], [[0, 0, 0]])
    shared = {
        orbital: {spin: share * values for spin, values in whole.items()}
        for orbital, share in (("3d_xy", 0.3), ("3d_z^2", 0.7))
    }
    return LobsterCompleteDos(structure, Dos(0.0, grid, whole), {structure[0]: shared})


@pytest.mark.parametrize("window", [None, (-5.0, 2.2), (-7.5, -2.2)])
def test_against_the_dos_of_lobster_in_pymatgen(molecule_like, window):
    grid, width = np.linspace(-12, 9, 21001), 0.03
    d_band = projected_dos(molecule_like, element="Cu", l=2, energies=grid, width=width)
    theirs = lobster_dos(d_band.values, grid)
    ours = band_moments(molecule_like, element="Cu", window=window, edge_width=width)
    assert ours.centre == pytest.approx(theirs.get_band_center(erange=window), abs=3e-3)
    broadened = np.sqrt(ours.width**2 + width**2)
    assert broadened == pytest.approx(theirs.get_band_width(erange=window), abs=3e-3)
    assert ours.skewness == pytest.approx(theirs.get_band_skewness(erange=window), abs=2e-2)
    if window is None:  # with a window pymatgen transforms all states, not those in it
        assert ours.upper_edge == pytest.approx(theirs.get_upper_band_edge(), abs=1e-2)
        assert ours.filling == pytest.approx(theirs.get_band_filling(), abs=3e-3)


def test_a_real_d_band_against_pymatgen():
    """Cu 3d of a small CuInS2 dot by GFN1-xTB."""
    from pymatgen.core import Lattice, Structure
    from pymatgen.electronic_structure.core import Orbital, Spin
    from pymatgen.electronic_structure.dos import CompleteDos, Dos

    dot = passivate(pyramid(crystal("CuInS2"), 2, truncate_corners="apex", apex="Cu"))
    level = Level("gfn1-xtb")
    dot.calc = level.calculator(dot)
    dot.get_potential_energy()
    states = level.electronic_structure(dot.calc, dot)
    zero, width, window = states.zero("fermi"), 0.05, (-9.0, 4.0)
    grid = np.arange(states.energies.min() - zero - 2, states.energies.max() - zero + 2, 0.01)
    d_band = projected_dos(states, element="Cu", l=2, energies=grid, width=width)
    densities = {Spin.up: d_band.total}
    structure = Structure(Lattice.cubic(5), ["Cu"], [[0, 0, 0]])
    theirs = CompleteDos(
        structure, Dos(0.0, grid, densities), {structure[0]: {Orbital.dxy: densities}}
    )
    ours = band_moments(states, element="Cu", window=window, edge_width=width)
    assert ours.centre == pytest.approx(theirs.get_band_center(erange=window), abs=5e-3)
    broadened = np.sqrt(ours.width**2 + width**2)
    assert broadened == pytest.approx(theirs.get_band_width(erange=window), abs=5e-3)
    whole = band_moments(states, element="Cu", edge_width=width)
    assert whole.upper_edge == pytest.approx(theirs.get_upper_band_edge(), abs=0.03)
