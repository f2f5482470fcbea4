"""Selections, tetrahedra, deep levels, differences and layers: closed forms and brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from tests.analysis.ramps import ramp

from heterodot.analysis import ElectronicStructure, Projections, density_of_states, projected_dos
from heterodot.analysis.bands.broadening import line_shape
from heterodot.analysis.bands.compare_dos import difference
from heterodot.analysis.bands.deep_level import DeepLevel
from heterodot.analysis.bands.layered_pdos import LayeredPDOS, layered_pdos
from heterodot.analysis.bands.pdos import energy_grid
from heterodot.analysis.bands.plot_layers import plot_dos_difference, plot_layered_pdos
from heterodot.data.electronic_structure import KMesh, PlanarPotential
from heterodot.errors import InputError


def cosine(size=(12, 12, 12), cell=None, flat=None, periodic=True):
    """One band, the sum of a cosine along each direction, shared by two atoms; or a flat band."""
    points = np.stack(np.meshgrid(*[np.arange(n) / n for n in size], indexing="ij"), -1)
    band = np.where(np.array(size) > 1, np.cos(2 * np.pi * points), 0).sum(-1).reshape(1, -1, 1)
    if flat is not None:
        band = np.full_like(band, flat)
    n = band.size
    weights = np.tile([0.3, 0.7], (1, n, 1, 1))
    occupations = np.where(band < 0, 2.0, 0.0)
    return ElectronicStructure(
        numbers=np.array([30, 16]),
        energies=band,
        k_weights=np.full(n, 1 / n),
        occupations=occupations,
        fermi_level=0.0,
        n_electrons=float(occupations.mean()),
        projections={"Mulliken": Projections("Mulliken", weights, np.array([0, 1]), np.zeros(2))},
        periodic=periodic,
        k_mesh=KMesh(size, np.arange(n), np.eye(3) if cell is None else cell),
    )


@pytest.mark.parametrize("cell", [None, [[1, 0, 0], [0.9, 0.5, 0], [0.3, 0.2, -2]]])
def test_tetrahedra_hold_every_electron_and_fill_half_a_symmetric_band(cell):
    es = cosine(cell=None if cell is None else np.array(cell, float))
    grid = np.linspace(-4, 4, 801)
    dos = density_of_states(es, grid, broadening="tetrahedron")
    step = grid[1] - grid[0]
    assert dos.total.sum() * step == pytest.approx(2, abs=1e-9)
    below = dos.total[grid < -1e-9].sum() + 0.5 * dos.total[np.abs(grid) < 1e-9].sum()
    assert below * step == pytest.approx(1, abs=0.02)
    parts = [projected_dos(es, i, energies=grid, broadening="tetrahedron").total for i in (0, 1)]
    assert sum(parts) == pytest.approx(dos.total)
    assert parts[1] == pytest.approx(parts[0] * 7 / 3)


def test_tetrahedra_of_a_chain_follow_its_closed_form():
    """g(E) = 2 / (π sqrt(1 − E²)) for a cosine band, both spins."""
    grid = np.linspace(-1.2, 1.2, 121)
    dos = density_of_states(cosine((400, 1, 1)), grid, broadening="tetrahedron").total
    inner = np.abs(grid) < 0.9
    assert dos[inner] == pytest.approx(2 / (np.pi * np.sqrt(1 - grid[inner] ** 2)), rel=0.02)
    assert dos[np.abs(grid) > 1.05] == pytest.approx(0)


def test_tetrahedra_agree_with_ase():
    from ase.dft.dos import linear_tetrahedron_integration

    es, grid = cosine((6, 6, 6)), np.linspace(-3.5, 3.5, 1401)
    bands = es.energies[0].reshape(6, 6, 6, 1)
    theirs = 2 * linear_tetrahedron_integration(np.eye(3), bands, grid)
    ours = density_of_states(es, grid, broadening="tetrahedron").total
    assert ours == pytest.approx(theirs, abs=0.02)
    assert np.abs(ours - theirs).mean() < 1e-3


def test_a_flat_band_is_not_lost_between_the_points():
    grid = np.linspace(-1, 1, 201)
    dos = density_of_states(cosine((3, 3, 3), flat=-0.0033), grid, broadening="tetrahedron")
    assert dos.total.sum() * 0.01 == pytest.approx(2)


def test_tetrahedra_are_refused_where_there_is_nothing_to_integrate(molecule_like):
    with pytest.raises(InputError, match="finite structure"):
        density_of_states(molecule_like, broadening="tetrahedron")
    with pytest.raises(InputError, match="Γ point only"):
        density_of_states(cosine((1, 1, 1)), broadening="tetrahedron")
    with pytest.raises(InputError, match="no regular mesh"):
        density_of_states(replace(cosine(), k_mesh=None), broadening="tetrahedron")
    with pytest.raises(InputError, match="evenly"):
        density_of_states(cosine(), np.array([0, 1, 3.0]), broadening="tetrahedron")
    with pytest.raises(InputError, match="expected one of"):
        density_of_states(cosine(), broadening="box")
    with pytest.raises(InputError, match="three sizes"):
        KMesh((2, 2, 2), np.arange(3), np.eye(3))


@pytest.mark.parametrize("broadening", ["gaussian", "lorentzian"])
def test_broadening_is_the_sum_of_its_lines(molecule_like, broadening):
    rng = np.random.default_rng(0)
    for grid in (np.linspace(-7, 1, 333), np.sort(rng.uniform(-9, 3, 50))):
        dos = projected_dos(molecule_like, 0, energies=grid, broadening=broadening, kind="Mulliken")
        weights = molecule_like.projections["Mulliken"].weights[..., :3].sum(-1)
        for s in (0, 1):
            x = grid[:, None] - molecule_like.energies[s, 0] - 2.5
            assert dos.values[s] == pytest.approx(
                line_shape(x, 0.1, broadening) @ weights[s, 0], abs=1e-12
            )


def test_m_spin_domain_and_layer_select(molecule_like):
    mulliken = molecule_like.projections["Mulliken"]
    resolved = replace(mulliken, m=np.array([0, -1, 2, 0, 1, 0]))
    es = replace(molecule_like, projections={"Mulliken": resolved})
    grid = energy_grid(es)
    whole = projected_dos(es, l="p", energies=grid)
    parts = [projected_dos(es, l="p", m=m, energies=grid) for m in (-1, 1)]
    assert sum(p.total for p in parts) == pytest.approx(whole.total)
    assert parts[0].label == "p(m=-1)"
    assert whole.channel(1).values[0] == pytest.approx(whole.values[1])
    assert "down" in whole.channel(1).label
    atoms = Atoms(numbers=es.numbers, positions=np.diag([1.0, 2.0, 3.0]))
    atoms.set_array("domain", np.array(["core", "shell", "shell"]))
    atoms.set_array("layer", np.array([0, 1, 2]))
    shell = projected_dos(es, structure=atoms, domain="shell", energies=grid)
    assert shell.total == pytest.approx(projected_dos(es, atoms=[1, 2], energies=grid).total)
    assert shell.label == "shell"
    layers = [projected_dos(es, structure=atoms, layer=n, energies=grid) for n in range(3)]
    assert sum(p.total for p in layers) == pytest.approx(density_of_states(es, grid).total)
    for wrong, match in (
        ({"domain": "shell"}, "structure=atoms"),
        ({"domain": "film", "structure": atoms}, "core, shell"),
        ({"layer": 7, "structure": atoms}, "0, 1, 2"),
        ({"layer": 0, "domain": "shell", "structure": atoms}, "no atom"),
        ({"layer": 0, "structure": atoms[:2]}, "expected the atoms"),
        ({"m": 1}, "expected l"),
        ({"l": "p", "m": 2}, "expected l"),
    ):
        with pytest.raises(InputError, match=match):
            projected_dos(es, **wrong)
    with pytest.raises(InputError, match="not resolved by m"):
        projected_dos(molecule_like, l="p", m=0)
    with pytest.raises(InputError, match="channel"):
        density_of_states(cosine()).channel(0)


def test_a_deep_level_follows_the_potential(band):
    """A rigid shift of all levels changes no density aligned to a deep level."""
    es = band(-8.0, 0.5, fermi=0.0)
    level = DeepLevel("Cu", "d", window=(-12, -4))
    assert level.energy(es) == pytest.approx(-8.0, abs=1e-3)
    lowest = DeepLevel("Cu", "d").energy(es)  # the lower half of a semi-ellipse
    assert lowest == pytest.approx(-8 - 4 * 0.5 / (3 * np.pi), abs=1e-3)
    moved = replace(es, energies=es.energies + 1.7, fermi_level=1.2)
    grid = np.linspace(-5, 15, 500)
    a, b = (projected_dos(x, energies=grid, reference=level) for x in (es, moved))
    assert a.values == pytest.approx(b.values, abs=1e-9)
    assert a.reference == "deep Cu d in -12…-4"
    assert a.fermi - b.fermi == pytest.approx(1.7 - 1.2)
    with pytest.raises(InputError, match="less than half"):
        DeepLevel("Cu", "d").energy(band(8.0, 0.5))
    with pytest.raises(InputError, match="no such states"):
        DeepLevel("Cu", "d", window=(-40, -30)).energy(es)


def test_differences_need_the_same_alignment(molecule_like):
    a = density_of_states(molecule_like, reference="vbm")
    assert difference(a, a).values == pytest.approx(0)
    emptier = replace(
        molecule_like,
        energies=molecule_like.energies[..., 1:],
        occupations=molecule_like.occupations[..., 1:],
        projections={},
    )
    b = density_of_states(emptier, reference="vbm", width=0.1)
    wide = replace(b, energies=np.append(b.energies - 9, b.energies[1:] + 9))
    change = difference(a, b)
    low = a.energies[0] < b.energies[0]
    assert low  # the state that is missing lies below the shared range
    assert change.integral() == pytest.approx(0, abs=1e-3)
    full = np.linspace(-8, 9, 3000)
    a, b = (density_of_states(x, full, reference="vbm") for x in (molecule_like, emptier))
    assert difference(a, b).integral() == pytest.approx(2, abs=1e-6)
    for wrong in ({"reference": "fermi"}, {"width": 0.2}, {"kind": "PAW"}, {"level": "x"}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            difference(a, replace(b, **wrong))
    with pytest.raises(InputError, match="overlap"):
        difference(a, replace(b, energies=full + 40))
    with pytest.raises(InputError, match="own zero"):
        difference(replace(a, reference=None), replace(b, reference=None))
    assert len(wide.energies)


def test_layers_show_how_the_bands_bend(tmp_path):
    es, atoms = ramp()
    found = layered_pdos(es, atoms, reference=None)
    assert found.layers.tolist() == [5, 4, 3, 2, 1, 0]  # from the low end of the axis
    assert found.domains == ("B", "B", "B", "A", "A", "A")
    assert found.vbm == pytest.approx(0.1 * found.layers - 1)
    assert found.cbm == pytest.approx(0.1 * found.layers + 1)
    assert found.spread == pytest.approx(0)
    total = density_of_states(es, found.energies, reference=None).total
    assert found.values.sum(axis=0) == pytest.approx(total)  # one atom in each layer
    again = LayeredPDOS.from_dict(found.to_dict())
    assert again.vbm == pytest.approx(found.vbm)
    figure = plot_layered_pdos(found, (-2, 3))
    axes, bar = figure.axes
    inside = (found.energies >= -2) & (found.energies <= 3)
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(found.values[:, inside].T)
    assert axes.get_ylim() == (-2, 3)
    assert axes.get_xlim() == (-0.5, 5.5)
    assert bar.get_ylabel() == "PDOS (states/eV per atom)"
    bare = atoms.copy()
    del bare.arrays["layer"]
    with pytest.raises(InputError, match="no array 'layer'"):
        layered_pdos(es, bare)
    with pytest.raises(InputError, match="whole numbers"):
        layered_pdos(es, atoms, layers=[0.5] * 6)
    with pytest.raises(InputError, match="edge_weight"):
        layered_pdos(es, atoms, edge_weight=0)
    with pytest.raises(InputError, match="axis"):
        layered_pdos(es, atoms, axis=3)
    with pytest.raises(InputError, match="no energies"):
        plot_layered_pdos(found, (50, 60))


def test_difference_is_drawn_below_both(tmp_path, molecule_like):
    a = density_of_states(molecule_like, reference="vbm")
    b = density_of_states(molecule_like, reference="vbm")
    figure = plot_dos_difference({"with CO2": a, "without": b})
    assert len(figure.axes) == 2
    assert "with CO₂ − without" in figure.texts[0].get_text().replace("\n", " ")
    with pytest.raises(InputError, match="two"):
        plot_dos_difference({"one": a})


def test_old_records_load_and_new_parts_survive():
    es = replace(
        cosine((2, 2, 1)),
        potential=PlanarPotential(2, np.arange(3.0), np.array([1, 2, 3.0]), False),
    )
    again = ElectronicStructure.from_dict(es.to_dict())
    assert again.k_mesh.size == (2, 2, 1)
    assert again.potential.faces == (1.0, 3.0)
    old = es.to_dict()
    del old["k_mesh"], old["potential"]
    assert ElectronicStructure.from_dict(old).k_mesh is None


def test_dos_against_pymatgen(molecule_like):
    """pymatgen's own gaussian smearing of the same levels, on a grid, gives the same curve."""
    dos = pytest.importorskip("pymatgen.electronic_structure.dos")
    from pymatgen.electronic_structure.core import Spin

    grid = np.linspace(-12, 9, 4201)
    step = grid[1] - grid[0]
    levels = molecule_like.energies[:, 0] + 2.5
    counts = [np.histogram(x, np.append(grid, grid[-1] + step) - step / 2)[0] for x in levels]
    raw = dos.Dos(
        0.0, grid, {s: c / step for s, c in zip((Spin.up, Spin.down), counts, strict=True)}
    )
    theirs = raw.get_smeared_densities(0.1)
    ours = density_of_states(molecule_like, grid, width=0.1).values
    assert ours[0] == pytest.approx(theirs[Spin.up], abs=0.02)
    assert ours[1] == pytest.approx(theirs[Spin.down], abs=0.02)
