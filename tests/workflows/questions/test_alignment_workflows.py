"""Electronic structures and band alignments as workflows, with xTB and with GPAW for real."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule

from heterodot.analysis import density_of_states, energy_grid, projected_dos
from heterodot.analysis.alignment.band_edges import work_functions
from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import interface
from heterodot.workflows import BandAlignment, ElectronicStructureRun, Orbitals, Runner

XTB = Level("gfn1-xtb")
COARSE_LCAO = {"mode": "lcao", "h": 0.25, "basis": "sz(dzp)"}


def two_waters() -> Atoms:
    """A water dimer, each molecule a domain and a layer of its own."""
    atoms = molecule("H2O") + molecule("H2O")
    atoms.positions[3:] += [0, 0, 3.0]
    atoms.set_array("domain", np.array(["A"] * 3 + ["B"] * 3))
    atoms.set_array("layer", np.repeat([0, 1], 3))
    return atoms


def test_an_electronic_structure_is_kept_drawn_and_not_done_twice(serial, tmp_path):
    question = ElectronicStructureRun(two_waters(), XTB, by="domain")
    found = question.run(serial)
    again = question.run(serial)
    assert serial.counts.computed == 1
    assert np.array_equal(again.electronic_structure.energies, found.electronic_structure.energies)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["kind"] == "ElectronicStructure"
    assert data["gap"] == pytest.approx(found.electronic_structure.gap)
    assert "16 electrons" in found.summary()
    assert "GFN1-xTB" in found.summary()
    labels = [dos.label for dos in found.densities()]
    assert labels == ["A", "B"]
    (axes,) = found.plot().axes
    low, high = axes.get_xlim()
    assert low < -2.0
    assert high > found.electronic_structure.gap  # both edges are seen
    assert len(axes.lines) >= 2  # one for each fragment
    assert found.quantities()["electrons"].value == 16


def test_mulliken_densities_sum_to_the_total_and_hold_the_electrons(serial):
    states = ElectronicStructureRun(two_waters(), XTB).run(serial).electronic_structure
    grid = energy_grid(states, 0.05, reference="vbm")
    total = density_of_states(states, grid, 0.05, reference="vbm")
    parts = [
        projected_dos(states, i, kind="Mulliken", energies=grid, width=0.05, reference="vbm")
        for i in range(6)
    ]
    assert sum(p.total for p in parts) == pytest.approx(total.total, abs=1e-9)
    assert total.integral(up_to=0.5 * states.gap) == pytest.approx(16, abs=1e-6)


def test_two_sides_are_aligned_by_their_layers(serial, tmp_path):
    found = BandAlignment(two_waters(), XTB).run(serial)
    assert set(found.alignments) == {"layers"}
    assert found.edges == {}
    data = json.loads(json.dumps(found.to_dict()))
    assert data["layers"]["layers"] == [0, 1]
    assert "A/B" in found.summary()
    assert found.quantities()["type by layers"].value == found.alignments["layers"].type
    drawn = found.plot().axes[0]
    assert np.asarray(drawn.images[0].get_array()).shape[1] == 2  # layers
    assert drawn.get_ylim() == (-4, 4)


def test_what_a_code_or_structure_lacks_is_said(serial):
    with pytest.raises(CapabilityError, match="gpaw"):
        BandAlignment(molecule("H2O"), XTB)
    with pytest.raises(CapabilityError, match="orbitals"):
        ElectronicStructureRun(molecule("H2O"), Level("emt"))
    gpaw = Level("gpaw", "fast")
    for wrong in (
        {"scale": "SHE"}, {"ph": 99.0}, {"gap": 2.0, "shift": 0.5},
        {"bulks": {"A": "CdS", "B": "ZnS"}}, {"bulks": {"A": "CdS"}, "periods": {"A": 2.9}},
    ):  # fmt: skip
        with pytest.raises(InputError, match="expected"):
            BandAlignment(two_waters(), gpaw, **wrong)
    for wrong in ({"by": "colour"}, {"by": "layer"}, {"reference": "top"}, {"width": 0.0}):
        with pytest.raises(InputError, match=r"expected|no array"):
            ElectronicStructureRun(molecule("H2O"), XTB, **wrong)


def test_only_a_slab_gets_a_dipole_layer():
    slab, gpaw = fcc111("Al", (1, 1, 2), vacuum=5), Level("gpaw", "fast")
    slab.pbc = (True, True, False)
    assert gpaw.for_slab(slab).settings["dipole_layer"] == "xy"
    assert gpaw.for_slab(bulk("Al")) is gpaw
    assert gpaw.for_slab(molecule("H2O")) is gpaw
    assert XTB.for_slab(slab) is XTB


@pytest.mark.gpaw
def test_work_functions_of_both_faces(serial):
    """Mg on Al: two faces; GPAW's own work functions are the same two, top first."""
    slab = fcc111("Al", (1, 1, 2), vacuum=5.0)
    slab.numbers[1] = 12
    slab.pbc = (True, True, False)
    level = Level("gpaw", "fast", {**COARSE_LCAO, "kpts": [3, 3, 1]})
    found = BandAlignment(slab, level, scale="vacuum").run(serial)
    faces = found.work_functions
    assert set(found.edges) == set(faces) == {"low", "high"}
    prepared = level.for_slab(slab)
    atoms = prepared.prepare(slab)
    atoms.calc = prepared.calculator(atoms)
    atoms.get_potential_energy()
    top, bottom = atoms.calc.dft.workfunctions()
    assert (faces["low"], faces["high"]) == pytest.approx((bottom, top), abs=2e-3)
    assert abs(faces["low"] - faces["high"]) > 0.05
    # turned over, the faces change places
    turned = slab.copy()
    turned.positions[:, 2] = turned.cell[2, 2] - turned.positions[:, 2]
    states = serial.run(Orbitals(turned, prepared)).electronic_structure
    other = work_functions(states)
    assert (other["low"], other["high"]) == pytest.approx((faces["high"], faces["low"]), abs=0.02)
    assert 3.0 < min(faces.values()) < max(faces.values()) < 5.5


@pytest.mark.gpaw
def test_a_molecule_has_edges_on_every_scale(serial, tmp_path):
    """Water in plane waves: PBE's highest level is −7.2 eV, far above the ionisation energy."""
    level = Level("gpaw", "fast", {"mode": "pw", "ecut": 350.0, "vacuum": 3.5})
    found = BandAlignment(molecule("H2O"), level, gap=10.0, gap_source="a test").run(serial)
    edge = found.edges["mean"]
    assert edge.vbm == pytest.approx(-7.2, abs=0.15)
    assert edge.gap == pytest.approx(10.0)
    assert "a test" in found.summary()
    assert edge.on("RHE", 7)[0] == pytest.approx(-edge.vbm - 4.44 + 0.4144, abs=1e-6)
    axes = found.plot("H2O").axes[0]
    drawn = {y for line in axes.lines for y in line.get_ydata()}
    assert min(abs(edge.on("RHE", 7)[0] - y) for y in drawn) < 1e-9
    assert found.quantities()["VBM (V vs RHE)"].value == pytest.approx(edge.on("RHE", 7)[0])


@pytest.mark.gpaw
def test_gpaw_densities_obey_the_sum_rules(serial):
    """Bulk Si, LCAO: Mulliken sums to the total, tetrahedra hold the electrons, PAW is labelled."""
    level = Level("gpaw", "fast", {**COARSE_LCAO, "kpts": [3, 3, 3]})
    states = ElectronicStructureRun(bulk("Si"), level).run(serial).electronic_structure
    assert states.k_mesh.size == (3, 3, 3)
    grid = energy_grid(states, 0.1, reference="vbm")
    for broadening in ("gaussian", "tetrahedron"):
        shared = {"energies": grid, "broadening": broadening, "reference": "vbm"}
        total = density_of_states(states, **shared)
        parts = [projected_dos(states, i, kind="Mulliken", **shared) for i in (0, 1)]
        assert sum(p.total for p in parts) == pytest.approx(total.total, abs=1e-8)
        assert parts[0].total == pytest.approx(parts[1].total, abs=1e-3)  # both atoms are alike
        filled = total.total[grid < 0.5 * states.gap].sum() * (grid[1] - grid[0])
        assert filled == pytest.approx(8, abs=0.02)
    paw = projected_dos(states, kind="PAW", energies=grid, reference="vbm")
    assert any("PAW" in text for text in paw.caveats)
    assert states.potential.periodic


@pytest.mark.gpaw
@pytest.mark.slow
def test_each_side_of_a_small_interface(tmp_path):
    """CsPbBr3/CdS, 9 atoms, plane waves: the machinery, at settings too coarse for numbers."""
    built = interface(
        "CsPbBr3-cubic", "CdS", film_miller=(0, 0, 1), substrate_miller=(0, 0, 1),
        film_layers=2, substrate_layers=2, vacuum=6.0,
    )  # fmt: skip
    level = Level("gpaw", "fast", {"mode": "pw", "ecut": 200.0, "h": None, "kpts": [1, 1, 1]})
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = BandAlignment(
            built, level, margin=0, bulk_kpts=(1, 1, 1), periods={"film": 5.87, "substrate": 2.92},
            bulks={"film": "CsPbBr3-cubic", "substrate": "CdS"},
        ).run(runner)  # fmt: skip
    states = found.electronic_structure
    sides = [
        projected_dos(states, structure=found.structure, domain=name)
        for name in ("film", "substrate")
    ]
    whole = projected_dos(states, energies=sides[0].energies)
    assert sum(s.total for s in sides) == pytest.approx(whole.total, abs=1e-9)
    assert all(s.integral() > 5 for s in sides)
    assert found.layered.domains == ("substrate",) * 2 + ("film",) * 2
    assert np.isfinite(found.layered.vbm).all()
    assert states.potential.faces is not None
    assert found.alignments["layers"].names == ("substrate", "film")
    assert found.alignments["layers"].uncertainty >= 0.1
    assert set(found.plateaus) == {"film", "substrate"}
    potential = found.alignments["potential"]
    assert potential.names == ("film", "substrate")
    assert potential.uncertainty >= sum(p.ripple for p in found.plateaus.values())
    assert "thin-side" in {flag.name for flag in found.flags}
    assert "macroscopic average" in found.summary()
    shown = np.asarray(found.plot().axes[0].images[0].get_array())
    assert shown.shape[1] == len(found.layered.layers)
