"""Densities of states and band moments: sum rules, closed forms, and pymatgen on the same data."""

import json
from dataclasses import replace

import numpy as np
import pytest

from heterodot.analysis import (
    BandMoments,
    DensityOfStates,
    band_moments,
    density_of_states,
    energy_grid,
    projected_dos,
)
from heterodot.errors import InputError


def test_semi_elliptic_band(band):
    centre, half = -2.0, 3.0
    result = band_moments(band(centre, half), element="Cu")
    x = -centre / half
    filling = 0.5 + (x * np.sqrt(1 - x**2) + np.arcsin(x)) / np.pi
    assert result.centre == pytest.approx(centre, abs=2e-3)
    assert result.width == pytest.approx(half / 2, abs=2e-3)
    assert result.skewness == pytest.approx(0, abs=1e-3)
    assert result.filling == pytest.approx(filling, abs=1e-3)
    assert result.weight == pytest.approx(10)
    assert result.shell_fraction == pytest.approx(1)


@pytest.mark.parametrize("half_width", [1.0, 3.0])
def test_upper_edge_is_the_edge_of_a_semi_elliptic_band(band, half_width):
    # H is linear inside the band and falls outside it: its maximum is at the edge.
    result = band_moments(band(-2.0, half_width), element="Cu", edge_width=0.02)
    assert result.upper_edge == pytest.approx(-2.0 + half_width, abs=0.05)


def test_occupied_centre_closed_form(band):
    # Half-filled semi-ellipse: the occupied half has its centre at -4 W / (3 pi).
    result = band_moments(band(0.0, 3.0), element="Cu", occupied_only=True)
    assert result.centre == pytest.approx(-4 * 3.0 / (3 * np.pi), abs=2e-3)
    assert result.centre == result.centre_occupied
    assert result.centre_all == pytest.approx(0, abs=2e-3)


def test_spin_channels_change_nothing_where_equal(band):
    paired, polarised = band(), band(n_spins=2)
    a, b = (band_moments(es, element="Cu") for es in (paired, polarised))
    assert (a.centre, a.filling, a.weight) == pytest.approx((b.centre, b.filling, b.weight))
    up = band_moments(polarised, element="Cu", spin=0)
    assert up.weight == pytest.approx(5)
    assert up.shell_fraction == pytest.approx(1)
    assert band_moments(paired, element="Cu", spin=0).shell_fraction == pytest.approx(1)


def test_empty_states_move_the_all_state_centre_only(band):
    narrow = band_moments(band(), element="Cu", window=(-10, 0.5))
    wide = band_moments(band(), element="Cu")
    assert narrow.centre_all < wide.centre_all - 0.05
    assert narrow.centre_occupied == pytest.approx(wide.centre_occupied)


def test_references(molecule_like):
    fermi = band_moments(molecule_like, atoms=0)
    vbm = band_moments(molecule_like, atoms=0, reference="vbm")
    assert fermi.centre - vbm.centre == pytest.approx(-3.8 + 2.5)
    assert fermi.relative_to("vbm").centre == pytest.approx(vbm.centre)
    assert fermi.relative_to("vacuum").centre == pytest.approx(fermi.centre - 2.5 - 4.0)
    assert fermi.relative_to(None).window == pytest.approx((-9.0, 3.2))
    assert "fermi-level-in-gap" in {flag.name for flag in fermi.flags}
    text = fermi.summary()
    assert "vs VBM" in text
    assert "vs E_F" in text
    assert "Mulliken" in text
    assert "caveat: toy" in text


def test_reference_needs_a_vacuum_level(band):
    with pytest.raises(InputError, match="vacuum"):
        band_moments(band(), element="Cu", reference="vacuum")
    with pytest.raises(InputError, match="vacuum"):
        band_moments(band(), element="Cu").relative_to("vacuum")


def test_paw_projections_are_labelled(molecule_like):
    moments = band_moments(molecule_like, element="Cu", kind="PAW")
    dos = projected_dos(molecule_like, element="Cu", kind="PAW")
    for result in (moments, dos):
        assert any("PAW" in text for text in result.caveats)


def test_little_weight_is_flagged(molecule_like):
    result = band_moments(molecule_like, element="Cu", window=(1.45, 1.55), l="d")
    assert "little-weight" in {flag.name for flag in result.flags}


def test_moments_round_trip(molecule_like):
    result = band_moments(molecule_like, element="Cu")
    assert BandMoments.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_total_dos_counts_electrons(molecule_like):
    dos = density_of_states(molecule_like, width=0.05)
    assert dos.values.shape == (2, len(dos.energies))
    assert dos.integral(up_to=0) == pytest.approx(8, abs=1e-6)
    assert dos.integral() == pytest.approx(16, abs=1e-6)
    paired = density_of_states(molecule_like, width=0.05, reference="vbm")
    assert paired.fermi == pytest.approx(1.3)
    assert dos.vbm == pytest.approx(-1.3)


def test_projections_sum_to_the_total(molecule_like):
    grid = energy_grid(molecule_like)
    total = density_of_states(molecule_like, grid).total
    by_atom = sum(projected_dos(molecule_like, atoms=i, energies=grid).total for i in range(3))
    by_l = sum(projected_dos(molecule_like, l=x, energies=grid).total for x in "spd")
    assert by_atom == pytest.approx(total)
    assert by_l == pytest.approx(total)
    mask = projected_dos(molecule_like, atoms=[True, True, False], energies=grid)
    indices = projected_dos(molecule_like, atoms=[0, 1], energies=grid)
    assert mask.total == pytest.approx(indices.total)
    assert mask.label == indices.label == "projected (2 atoms)"


def test_lorentzian_keeps_the_norm(molecule_like):
    grid = np.linspace(-3000, 3000, 400001)
    dos = density_of_states(molecule_like, grid, width=0.2, broadening="lorentzian")
    assert dos.integral() == pytest.approx(16, rel=1e-3)


def test_k_points_are_weighted(molecule_like):
    from dataclasses import replace

    doubled = replace(
        molecule_like,
        energies=np.repeat(molecule_like.energies, 2, axis=1),
        occupations=np.repeat(molecule_like.occupations, 2, axis=1),
        k_weights=np.array([0.3, 0.7]),
        projections={},
    )
    grid = energy_grid(molecule_like)
    a, b = (density_of_states(es, grid).total for es in (molecule_like, doubled))
    assert a == pytest.approx(b)


def test_dos_round_trip(molecule_like):
    dos = projected_dos(molecule_like, element="Cu", l=2)
    again = DensityOfStates.from_dict(dos.to_dict())
    assert again.label == "Cu d"
    assert again.total == pytest.approx(dos.total)


def test_against_pymatgen(molecule_like):
    from pymatgen.core import Lattice, Structure
    from pymatgen.electronic_structure.core import Orbital, Spin
    from pymatgen.electronic_structure.dos import CompleteDos, Dos

    grid = np.linspace(-12, 6, 18001)
    width = 0.03
    pdos = projected_dos(molecule_like, element="Cu", l=2, energies=grid, width=width)
    densities = {Spin.up: pdos.values[0], Spin.down: pdos.values[1]}
    structure = Structure(Lattice.cubic(5), ["Cu"], [[0, 0, 0]])
    reference = CompleteDos(
        structure, Dos(0.0, grid, densities), {structure[0]: {Orbital.dxy: densities}}
    )
    ours = band_moments(molecule_like, element="Cu", edge_width=width)
    assert ours.centre == pytest.approx(reference.get_band_center(), abs=2e-3)
    assert ours.filling == pytest.approx(reference.get_band_filling(), abs=2e-3)
    broadened = np.sqrt(ours.width**2 + width**2)
    assert broadened == pytest.approx(reference.get_band_width(), abs=2e-3)
    assert ours.skewness == pytest.approx(reference.get_band_skewness(), abs=2e-2)
    assert ours.upper_edge == pytest.approx(reference.get_upper_band_edge(), abs=1e-2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"element": "Xx"},
        {"element": "In"},
        {"element": "H"},  # no d projector
        {"atoms": [7]},
        {"atoms": [True, False]},
        {"atoms": [0.5]},
        {"l": "g"},
        {"l": 9},
        {"kind": "Löwdin"},
        {"window": (20, 30)},
        {"window": (0.0, 5.0), "occupied_only": True},
        {"reference": "ionisation"},
        {"spin": 2},
        {"edge_width": 0.0},
    ],
)
def test_bad_input(molecule_like, arguments):
    with pytest.raises(InputError) as error:
        band_moments(molecule_like, **arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("arguments", [{"width": 0.0}, {"broadening": "box"}])
def test_zero_width_is_refused(molecule_like, arguments):
    with pytest.raises(InputError):
        density_of_states(molecule_like, np.linspace(-1, 1, 5), **arguments)
    with pytest.raises(InputError):
        energy_grid(molecule_like, window=(1, 1))


def test_nearly_empty_shell_is_flagged(band):
    result = band_moments(band(-2.0, 3.0, fermi=-4.5), element="Cu")
    assert result.filling < 0.15
    assert "empty-shell" in {flag.name for flag in result.flags}
    assert (result.element, result.l) == ("Cu", 2)


def test_metal_has_no_gap_between_its_k_points(molecule_like):
    from dataclasses import replace

    # One band that crosses the Fermi level between two k-points 2 eV apart, and a full one.
    metal = replace(
        molecule_like,
        energies=np.array([[[-6.0, -1.0], [-5.0, 1.0]]]),
        occupations=np.array([[[2.0, 2.0], [2.0, 0.0]]]),
        k_weights=np.array([0.5, 0.5]),
        fermi_level=0.3,
        n_electrons=3.0,
        projections={},
        periodic=True,
    )
    assert metal.metallic
    assert metal.gap == 0
    assert metal.zero("vbm") == metal.zero("fermi") == pytest.approx(0.3)
    insulator = replace(metal, fermi_level=1.5)
    assert not insulator.metallic
    molecule = replace(metal, periodic=False)
    assert molecule.gap == pytest.approx(2.0)


def test_functions_of_the_basis_beyond_the_shell_are_flagged(band):
    """LCAO's second d function far above moves the centre of all states, not the occupied one."""
    es = band()
    high = replace(
        es,
        energies=np.concatenate([es.energies, es.energies + 40.0], axis=-1),
        occupations=np.concatenate([es.occupations, 0 * es.occupations], axis=-1),
        projections={
            kind: replace(p, weights=np.concatenate([p.weights, p.weights], axis=2))
            for kind, p in es.projections.items()
        },
    )
    whole = band_moments(high, element="Cu")
    assert [f.name for f in whole.flags if f.name == "basis-in-window"]
    assert whole.centre_all == pytest.approx(-2 + 20, abs=0.01)
    assert whole.centre_occupied == pytest.approx(band_moments(es, element="Cu").centre_occupied)
    windowed = band_moments(high, element="Cu", window=(-10, 10))
    assert "basis-in-window" not in {flag.name for flag in windowed.flags}
