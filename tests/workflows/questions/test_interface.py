"""Adhesion of interfaces: against slabs made otherwise, and the bookkeeping of its references."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase.build import fcc111
from ase.calculators.emt import EMT
from ase.units import J, m

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import InputError, StructureError
from heterodot.structures import crystal, interface
from heterodot.workflows import Done, InterfaceAdhesion, Runner
from heterodot.workflows.questions.interface_scan import (
    RegistrySearch,
    placed,
    side,
    unstrained_film,
)
from heterodot.workflows.tasks.results import SinglePointResult

FACES = {"film_miller": (1, 1, 1), "substrate_miller": (1, 1, 1)}
LAYERS = {"film_layers": 3, "substrate_layers": 4}


@pytest.fixture(scope="module")
def silver_on_gold():
    return interface("Ag", "Au", **FACES, **LAYERS)


def emt(atoms):
    atoms = atoms.copy()
    atoms.calc = EMT()
    return atoms.get_potential_energy()


def test_a_metal_on_itself_gives_the_work_of_cleavage(serial):
    """Cu on Cu: E(7 layers) − E(3) − E(4) of the perfect crystal, by ASE's own slabs."""
    built = interface("Cu", "Cu", **FACES, **LAYERS)
    found = InterfaceAdhesion(
        built, Level("emt"), grid=(3, 3), offsets=(-0.2, -0.1, 0.0, 0.1, 0.2)
    ).run(serial)
    whole, film, substrate = (fcc111("Cu", (1, 1, n), a=3.615, vacuum=8.0) for n in (7, 3, 4))
    area = np.linalg.det(whole.cell.array[:2, :2])
    expected = (emt(whole) - emt(film) - emt(substrate)) / area
    assert found.energy == pytest.approx(expected, rel=1e-2)  # the outer gap opens at 3.615 Å
    assert found.gap == pytest.approx(3.615 / np.sqrt(3), abs=0.05)
    assert found.strain_energy == pytest.approx(0, abs=1e-9)
    assert found.energy_j_m2 == pytest.approx(found.energy * m**2 / J)
    assert found.energy_j_m2 == pytest.approx(found.energy * 16.0218, rel=1e-5)


def test_every_energy_is_that_of_its_reference(serial, silver_on_gold):
    found = InterfaceAdhesion(silver_on_gold, Level("emt")).run(serial)
    terms = found.energies
    assert terms["interface"] == pytest.approx(emt(found.structure))
    assert terms["film, strained"] == pytest.approx(emt(side(found.structure, "film")))
    assert terms["substrate"] == pytest.approx(emt(side(found.structure, "substrate")))
    free = fcc111("Ag", (1, 1, 3), a=4.086, vacuum=8.0)
    assert terms["film, unstrained"] == pytest.approx(emt(free), abs=1e-6)
    difference = terms["interface"] - terms["film, strained"] - terms["substrate"]
    assert found.energy == pytest.approx(difference / found.area)
    assert found.energy < 0
    assert found.strain_energy_per_formula * 3 == pytest.approx(found.strain_energy)
    assert found.structure.arrays["domain"].tolist() == ["substrate"] * 4 + ["film"] * 3


def test_the_lowest_point_wins_and_all_are_kept(serial, silver_on_gold):
    found = InterfaceAdhesion(silver_on_gold, Level("emt"), grid=(2, 2)).run(serial)
    energies = [point.energy for point in found.points]
    assert energies == sorted(energies)
    assert len({point.shift for point in found.points}) == 4
    assert found.energies["interface"] == energies[0]
    gaps = sorted(p.gap for p in found.points if p.shift == found.shift)
    assert gaps[0] < found.gap < gaps[-1]


def test_gaps_are_followed_to_the_minimum(serial, silver_on_gold):
    """All gaps asked for are too wide: it goes on inwards; and it says where it could not."""
    wide = InterfaceAdhesion(silver_on_gold, Level("emt"), offsets=(0.8, 1.0, 1.2)).run(serial)
    near = InterfaceAdhesion(silver_on_gold, Level("emt")).run(serial)
    assert wide.energy == pytest.approx(near.energy, rel=5e-3)
    far = InterfaceAdhesion(silver_on_gold, Level("emt"), offsets=(2.9, 2.95, 3.0)).run(serial)
    assert "gap-at-end" in [flag.name for flag in far.flags]


def test_relaxation_lowers_every_term(serial, silver_on_gold):
    rigid = InterfaceAdhesion(silver_on_gold, Level("emt")).run(serial)
    soft = InterfaceAdhesion(silver_on_gold, Level("emt"), relax=True, fmax=0.02).run(serial)
    assert all(soft.energies[k] <= rigid.energies[k] + 1e-9 for k in rigid.energies)
    assert soft.relaxed
    assert "forces" not in [flag.name for flag in soft.flags]
    assert soft.energy == pytest.approx(rigid.energy, rel=0.1)


def test_a_stretched_film_costs_energy(serial):
    """Ag stretched to a lattice 4 % wider: twice the strain, about four times the energy."""
    energies = []
    for strain in (0.02, 0.04):
        wide = crystal("Ag").copy()
        wide.set_cell(wide.cell.array * (1 + strain), scale_atoms=True)
        built = interface("Ag", wide, **FACES, **LAYERS, max_strain=0.05)
        found = InterfaceAdhesion(built, Level("emt"), offsets=(0.0,)).run(serial)
        energies.append(found.strain_energy)
    assert energies[0] > 0
    assert 2.5 < energies[1] / energies[0] < 6


def test_results_are_json_and_say_their_units(serial, silver_on_gold):
    found = InterfaceAdhesion(silver_on_gold, Level("emt"), name="Ag/Au").run(serial)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["kind"] == "InterfaceAdhesion"
    assert data["energy_unit"] == "eV/Å²"
    assert data["references"].keys() == found.energies.keys()
    assert "J/m²" in found.summary()
    assert "EMT" in found.summary()


def test_polar_slabs_and_xtb_are_doubted():
    """Flags and caveats need no calculation to be right."""
    from heterodot.workflows.questions.interface import _record_flags
    from heterodot.workflows.questions.interface_scan import interface_record

    built = interface("CsPbBr3-cubic", "CdS", film_miller=(0, 0, 1), substrate_miller=(0, 0, 1))
    (flag,) = _record_flags(interface_record(built))
    assert flag.name == "polar-slab"
    assert "CdS(001)" in flag.message
    assert any("Γ" in text for text in Level("gfn1-xtb").caveats(built))


class ParabolaRunner:
    """Stands for a runner: E = (gap − 2.4)², by a remedy 5 eV lower at gaps above 2.7 Å."""

    def outcomes(self, tasks):
        outcomes = []
        for task in tasks:
            film = task.atoms.arrays["domain"] == "film"
            z = task.atoms.positions[:, 2]
            gap = z[film].min() - z[~film].max()
            remedy = "hot electrons" if gap > 2.7 else ""
            energy = (gap - 2.4) ** 2 - (5.0 if remedy else 0.0)
            result = SinglePointResult(energy, np.zeros((len(z), 3)), None, remedy)
            outcomes.append(Done(result))
        return outcomes


def test_points_of_other_settings_are_not_compared(silver_on_gold):
    """Points that converged only by a remedy are kept, but ranked last and flagged."""
    search = RegistrySearch(silver_on_gold, Level("emt"), (1, 1), (-0.3, -0.1, 0.1, 0.6), "")
    points, flags = search.run(ParabolaRunner())
    assert points[0].gap == pytest.approx(2.4, abs=1e-6)
    assert points[0].recovery == ""
    assert points[-1].recovery == "hot electrons"
    assert points[-1].energy < points[0].energy
    assert [flag.name for flag in flags] == ["scf-recovered"]
    assert flags[0].message.startswith("1 of ")


def test_moving_the_film_moves_nothing_else(silver_on_gold):
    moved = placed(silver_on_gold, (0.1, 0.7), 4.0)
    film = moved.arrays["domain"] == "film"
    z = moved.positions[:, 2]
    assert z[film].min() - z[~film].max() == pytest.approx(4.0)
    assert np.allclose(moved.positions[~film], silver_on_gold.positions[~film])
    back = placed(moved, silver_on_gold.info["heterodot"]["interface"]["shift"], 2.51)
    assert np.allclose(back.positions[:, :2], silver_on_gold.positions[:, :2])
    free = unstrained_film(moved)
    d = free.get_distance(0, 1, mic=True)
    assert d == pytest.approx(4.086 / np.sqrt(2))


def test_wrong_input_is_refused_at_once(silver_on_gold):
    with pytest.raises(StructureError, match="no interface record"):
        InterfaceAdhesion(fcc111("Cu", (1, 1, 3), vacuum=5), Level("emt"))
    for wrong in ({"grid": (0, 1)}, {"grid": (1, 2, 3)}, {"offsets": ()}, {"offsets": (1.0, 0.0)},
                  {"offsets": (float("nan"),)}):  # fmt: skip
        with pytest.raises(InputError, match="expected"):
            InterfaceAdhesion(silver_on_gold, Level("emt"), **wrong)


@pytest.mark.gpaw
@pytest.mark.slow
def test_gpaw_relaxes_a_small_perovskite_on_cadmium_sulfide(tmp_path):
    """CsPbBr3/CdS, 9 atoms, plane waves: the machinery, at settings too coarse for numbers."""
    built = interface(
        "CsPbBr3-cubic", "CdS", film_miller=(0, 0, 1), substrate_miller=(0, 0, 1),
        film_layers=2, substrate_layers=2, vacuum=6.0,
    )  # fmt: skip
    assert built.get_chemical_formula() == "Br3Cd2CsPbS2"
    coarse = {"mode": "pw", "ecut": 200.0, "h": None, "kpts": [1, 1, 1]}
    level = Level("gpaw", "fast", coarse)
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = InterfaceAdhesion(built, level, offsets=(0.0,), relax=True, steps=2).run(runner)
    first = found.points[0].energy
    assert found.energies["interface"] < first  # a step downhill
    terms = found.energies
    held = terms["interface"] - terms["film, strained"] - terms["substrate"]
    assert found.energy == pytest.approx(held / found.area)
    assert found.energy < 0
    assert {"forces", "polar-slab"} <= {flag.name for flag in found.flags}


def test_a_film_that_nothing_holds_is_flagged(silver_on_gold):
    """The flag and the bonds are those of the final structure: 3 Å apart, Ag and Au are no more."""
    from heterodot.structures.chemistry.joints import joint, note_unbonded

    film = silver_on_gold.arrays["domain"] == "film"
    near, far = joint(silver_on_gold, film), joint(placed(silver_on_gold, (0, 0), 6.0), film)
    assert near.bonds == 3  # each atom of a close-packed film sits over three of the substrate
    assert near.shortest["Ag–Au"] == pytest.approx(2.88, abs=0.15)
    marked = silver_on_gold.copy()
    note_unbonded(marked, far, "try another")
    assert [f.partition(":")[0] for f in provenance.flags(marked)] == ["unbonded"]
    note_unbonded(marked, near, "try another")
    assert not provenance.flags(marked)


def test_results_count_their_bonds(serial, silver_on_gold):
    found = InterfaceAdhesion(silver_on_gold, Level("emt")).run(serial)
    assert found.joint.bonds == 3
    assert found.to_dict()["joint"]["unbonded"] is False
    assert "bonds across, shortest Ag–Au" in found.headline()
    assert "unbonded" not in [flag.name for flag in found.flags]


def test_adhesion_free_energy_is_that_of_three_hessians(serial):
    """F_vib of interface and sides, by oscillators of ASE's frequencies."""
    from ase import units
    from ase.vibrations import VibrationsData

    from heterodot.workflows import Hessian

    built = interface("Cu", "Cu", film_miller=(1, 1, 1), substrate_miller=(1, 1, 1),
                      film_layers=2, substrate_layers=2)  # fmt: skip
    found = InterfaceAdhesion(
        built, Level("emt"), offsets=(0.0,), relax=True, fmax=0.005, temperature=300.0
    ).run(serial)
    free = found.free_energies
    assert set(free) == {"interface", "film, strained", "substrate"}
    atoms = found.structure
    hessian = serial.run(Hessian(atoms, Level("emt"))).hessian
    nu = np.sort(np.abs(VibrationsData.from_2d(atoms, hessian).get_frequencies()))[3:]
    x = nu * units.invcm / (units.kB * 300)
    by_hand = units.kB * 300 * (x / 2 + np.log(1 - np.exp(-x))).sum()
    assert free["interface"].correction == pytest.approx(by_hand, abs=1e-3)
    total = sum(
        sign * free[name].gibbs
        for name, sign in {"interface": 1, "film, strained": -1, "substrate": -1}.items()
    )
    assert found.adhesion_free_energy == pytest.approx(total / found.area)
    name = "adhesion free energy at 300 K (J/m²)"
    assert found.values()[name].value == pytest.approx(total / found.area * 16.0218, rel=1e-5)
    assert name[:-7] in found.headline()
    json.dumps(found.to_dict())
    with pytest.raises(InputError, match="relax True"):
        InterfaceAdhesion(built, Level("emt"), temperature=300.0)
