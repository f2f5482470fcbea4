"""One conformance test over every registered code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from tests.calculators.potentials.random_models import BUILDERS

from heterodot.calculators import Level, code_names, code_packages, codes_with, get_code
from heterodot.data.density import GridDensity
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.data.localisation import LocalisationFunction
from heterodot.errors import CapabilityError, InputError, LevelError
from heterodot.provenance import with_charge


@dataclass(frozen=True)
class Case:
    """A level, a structure whose forces are not zero, and the tolerances of the code."""

    level: Level
    atoms: Atoms
    force: float = 1e-4
    """eV/Å, analytic against central differences."""
    invariance: float = 1e-7
    """eV, under translation and permutation."""
    step: float = 1e-3


def rattled(atoms: Atoms, amount: float = 0.05) -> Atoms:
    new = atoms.copy()
    new.positions += np.random.default_rng(1).normal(scale=amount, size=new.positions.shape)
    return new


def boxed(atoms: Atoms, length: float) -> Atoms:
    new = atoms.copy()
    new.set_cell([length] * 3)
    new.center()
    return new


MORSE = {
    "path": "ase.calculators.morse:MorsePotential",
    "parameters": {"epsilon": 0.3, "r0": 2.5, "rho0": 3.0},
}
SURFACE = rattled(fcc111("Cu", (2, 2, 2), vacuum=6.0))
CASES = {
    "emt": Case(Level("emt"), SURFACE),
    "emt-bulk": Case(Level("emt"), rattled(bulk("Cu", cubic=True) * (2, 1, 1))),
    "lj": Case(Level("lj"), rattled(bulk("Ag", cubic=True))),
    "gfn1-xtb": Case(Level("gfn1-xtb", "precise"), rattled(molecule("CH3OH"))),
    "gfn1-xtb-odd": Case(Level("gfn1-xtb", "precise"), rattled(molecule("NO2"))),
    # tblite's lattice sums end at whole cells: the energy moves by 0.1 meV with the origin
    "gfn1-xtb-bulk": Case(
        Level("gfn1-xtb", "precise"),
        rattled(bulk("ZnS", "zincblende", a=5.3, cubic=True)),
        5e-4,
        3e-4,
    ),
    "gfn2-xtb": Case(Level("gfn2-xtb", "precise"), rattled(molecule("CH3SH"))),
    "gfn2-xtb-anion": Case(Level("gfn2-xtb", "precise"), with_charge(molecule("CO2"), -1)),
    "ase": Case(
        Level.from_ase("ase.calculators.morse:MorsePotential", epsilon=0.3, r0=2.5, rho0=3.0),
        rattled(molecule("CO2")),
    ),
    "ase-d3": Case(
        Level("ase", overrides={**MORSE, "functional": "PBE", "dispersion": "d3bj"}),
        rattled(molecule("CO2")),
    ),
    "ase-d4-bulk": Case(
        Level("ase", overrides={**MORSE, "functional": "RPBE", "dispersion": "d4"}),
        rattled(Atoms("CO2", [[0, 0, 0], [1.2, 0, 0], [-1.2, 0, 0]], cell=[6, 5, 6], pbc=True)),
    ),
    "committee": Case(
        Level(
            "committee",
            overrides={"members": ["emt", {"code": "emt", "overrides": {"asap_cutoff": True}}]},
        ),
        SURFACE,
    ),
    "committee-bulk": Case(
        Level("committee", overrides={"members": ["emt", "lj"]}), rattled(bulk("Ag", cubic=True))
    ),
    # of the configuration the tests have (tests/conftest.py)
    "mymorse": Case(Level("mymorse"), rattled(molecule("CO2"))),
    "mymorse-bulk": Case(
        Level("mymorse", "fast", {"r0": 2.6}), rattled(bulk("Cu", cubic=True) * (2, 2, 2))
    ),
}
# single precision: 1e-5 eV of a hundred
_SINGLE = {"force": 5e-3, "invariance": 1e-4, "step": 1e-2}
_DOT = rattled(bulk("ZnS", "zincblende", a=5.41, cubic=True))
POTENTIALS = {
    "sevennet": Case(Level("sevennet"), rattled(molecule("CH3OH")), **_SINGLE),
    "sevennet-bulk": Case(Level("sevennet", overrides={"model": "7net-mf-0"}), _DOT, **_SINGLE),
    "sevennet-slab": Case(Level("sevennet"), SURFACE, **_SINGLE),
    "sevennet-r2scan": Case(
        Level("sevennet", overrides={"model": "7net-mf-0", "functional": "R2SCAN"}), _DOT, **_SINGLE
    ),
    "sevennet-l3i5": Case(Level("sevennet", overrides={"model": "7net-l3i5"}), _DOT, **_SINGLE),
    # its energies bend strongly where its angles come and go
    "chgnet": Case(Level("chgnet"), rattled(molecule("CH3OH")), 8e-3, 1e-4, 2e-3),
    "chgnet-bulk": Case(Level("chgnet", overrides={"model": "r2scan"}), _DOT, 8e-3, 1e-4, 2e-3),
    "chgnet-slab": Case(Level("chgnet"), SURFACE, 8e-3, 1e-4, 2e-3),
    "committee-nets": Case(
        Level("committee", overrides={"members": ["sevennet", "chgnet"]}), SURFACE, 8e-3, 1e-4, 2e-3
    ),
}
# the boxes are small and the criteria tight: the tests are about consistency, not chemistry
_TIGHT = {"energy": 1e-6, "density": 1e-6}
_LCAO = {"vacuum": 3.0, "convergence": _TIGHT}
_PW = {"mode": "pw", "ecut": 350.0, "vacuum": 2.5, "convergence": {**_TIGHT, "eigenstates": 1e-9}}
GPAW_CASES = {
    "gpaw-lcao": Case(
        Level("gpaw", "fast", _LCAO), rattled(molecule("H2O")), 0.02, 1e-5, step=0.01
    ),
    "gpaw-lcao-odd": Case(
        Level("gpaw", "fast", _LCAO), rattled(molecule("OH"), 0.1), 0.03, 1e-5, step=0.01
    ),
    "gpaw-lcao-d3": Case(
        Level("gpaw", "fast", {**_LCAO, "dispersion": "d3bj"}), rattled(molecule("H2O")),
        0.02, 1e-5, step=0.01,
    ),
    "gpaw-pw": Case(
        Level("gpaw", "fast", _PW), rattled(molecule("H2"), 0.1), 0.02, 1e-5, step=0.01
    ),
    "gpaw-pw-bulk-d4": Case(
        Level("gpaw", "fast", {**_PW, "kpts": [2, 2, 2], "dispersion": "d4"}),
        rattled(bulk("ZnS", "zincblende", a=5.41), 0.08), 0.02, 2e-3, step=0.01,
    ),
    "gpaw-pw-bulk": Case(
        Level("gpaw", "fast", {**_PW, "kpts": [2, 2, 2]}),
        rattled(bulk("ZnS", "zincblende", a=5.41), 0.08), 0.02, 2e-3, step=0.01,
    ),
}  # fmt: skip
CASES = {**CASES, **POTENTIALS, **GPAW_CASES}


ELSEWHERE = {"fairchem", "mace", "mattersim", "orb", "upet"}
"""Held to the same tests by potentials/test_families.py, where their packages are installed."""
UNTESTED = {"grace"}
"""docs/potentials.md says so."""


def _marked(name: str) -> Any:
    """A case with the mark of what it needs."""
    if name in POTENTIALS:
        return pytest.param(name, marks=pytest.mark.mlip)
    return pytest.param(name, marks=pytest.mark.gpaw) if name in GPAW_CASES else name


names = pytest.mark.parametrize("name", [_marked(name) for name in CASES])


def energy_of(case: Case, atoms: Atoms) -> tuple[float, Any]:
    ready = case.level.prepare(atoms)
    ready.calc = case.level.calculator(ready)
    with case.level.translate_errors():
        return ready.get_potential_energy(), ready


@cache
def converged(name: str) -> tuple[float, Any]:
    """The case's own structure, calculated once for all tests; nobody moves it."""
    return energy_of(CASES[name], CASES[name].atoms)


@pytest.fixture(scope="module", autouse=True)
def _forget_calculators():
    yield
    converged.cache_clear()  # GPAW closes its log when it is collected, not at exit


def test_every_code_is_covered():
    here = {case.level.code for case in CASES.values() if case.level.code not in ELSEWHERE}
    assert here | ELSEWHERE | UNTESTED == set(code_names())
    assert not here & UNTESTED
    assert {code for code in ELSEWHERE if code in BUILDERS} == ELSEWHERE
    guide = (Path(__file__).parents[2] / "docs" / "potentials.md").read_text()
    assert all(f"| `{code}` |" in guide and "**untested**" in guide for code in UNTESTED)


KINDS = {
    "orbitals": ElectronicStructure,
    "local_orbitals": LocalOrbitals,
    "density": GridDensity,
    "localisation": LocalisationFunction,
}


def _read(level: Level, capability: str, atoms: Atoms) -> Any:
    method = {"orbitals": level.electronic_structure}.get(capability)
    return (method or getattr(level, capability))(atoms.calc, atoms)


@names
@pytest.mark.parametrize("capability", KINDS)
def test_what_is_declared_is_read_and_what_is_not_names_codes_that_can(name, capability):
    case = CASES[name]
    if case.level.can(capability):
        _, atoms = converged(name)
        found = _read(case.level, capability, atoms)
        assert isinstance(found, KINDS[capability])
        if capability == "density":
            assert found.integral == pytest.approx(found.nuclear_charges.sum(), abs=0.02)
            assert len(case.level.free_atoms(atoms.calc)) == len(atoms)
        return
    declared = getattr(case.level.capabilities, capability)
    able = "mode 'lcao'" if declared else ", ".join(codes_with(capability))
    assert "gpaw" in codes_with(capability)
    assert case.level.code not in codes_with(capability) or declared
    for ask in (case.level.require, lambda c: _read(case.level, c, Atoms(calculator=None))):
        with pytest.raises(CapabilityError, match=able):
            ask(capability)


@names
def test_the_potential_comes_with_the_states_where_it_is_declared(name):
    level, (_, atoms) = CASES[name].level, converged(name)
    if not level.can("orbitals"):
        return
    states = level.electronic_structure(atoms.calc, atoms)
    if not level.can("potential"):
        assert states.vacuum_level is states.potential is None
        with pytest.raises(CapabilityError, match="gpaw"):
            level.require("potential")
        return
    assert (states.vacuum_level is None) == bool(atoms.pbc.any())  # none of these is a slab
    assert (states.potential is None) == (name.startswith("gpaw-lcao") or name == "gpaw-pw")


uncalculated = {code: Case(Level(code), SURFACE) for code in sorted(ELSEWHERE | UNTESTED)}
every_level = pytest.mark.parametrize("name", [*CASES, *uncalculated])  # nothing is calculated


@every_level
def test_hooks_give_levels_that_can_be_made(name):
    """Overrides of hooks are settings of the code, what it says is text, what it takes positive."""
    case = CASES.get(name) or uncalculated[name]
    level = case.level
    code, settings = level.implementation, level.settings
    slab = fcc111("Cu", (1, 1, 2), vacuum=5.0)
    slab.pbc = (True, True, False)
    assert level.for_slab(slab).code == level.code
    assert level.for_slab(slab).for_slab(slab) == level.for_slab(slab)
    assert level.for_slab(bulk("Cu")) is level
    if "kpts" in code.keywords:
        assert level.with_k_points((3, 2, 1)).settings["kpts"] == [3, 2, 1]
    else:
        with pytest.raises(CapabilityError, match="3x2x1"):
            level.with_k_points((3, 2, 1))
    assert not code.capabilities.spin or code.keywords["multiplicity"]
    assert all(remedied != level and recovery.note for remedied, recovery in level.recoveries())
    said = (*level.caveats(case.atoms), *level.vacuum_caveats)
    assert all(isinstance(text, str) and text for text in said)
    assert min(vars(code.effort).values()) > 0
    assert code.scf_factor(settings, 0.01) > 0
    assert set(code.packages) <= set(code_packages())
    assert code.command(1, ["job.py"])[-1] == "job.py"


def test_a_potential_leads_the_dear_codes_and_gfn1_xtb_where_it_cannot():
    codes = [get_code(name) for name in code_names()]
    ranked = sorted((code for code in codes if code.leads), key=lambda code: -code.leads)
    assert [code.name for code in ranked] == ["sevennet", "gfn1-xtb"]
    assert len({code.leads for code in ranked}) == len(ranked)
    assert not any(code.dear for code in ranked)
    charged = with_charge(molecule("H2O"), 1)
    assert Level("gpaw").leader(charged).code == "gfn1-xtb"  # a potential knows no charge
    best = next(code.name for code in ranked if code.availability().available)
    assert Level("gpaw").leader(molecule("H2O")).code == best
    assert Level("gpaw", prior="none").leader(molecule("H2O")) is None
    assert not any(code.dear for code in codes if code.cheap)


def test_a_code_that_imports_what_it_is_told_is_for_python_only():
    assert [name for name in code_names() if get_code(name).python_only] == ["ase"]
    with pytest.raises(LevelError, match="did you mean 'orbitals'"):
        Level("emt").can("orbital")


@names
def test_forces_are_the_energy_gradient(name):
    case = CASES[name]
    _, atoms = converged(name)
    forces = atoms.get_forces()
    index, axis = np.unravel_index(np.abs(forces).argmax(), forces.shape)
    energies = []
    for sign in (1, -1):
        moved = case.level.prepare(case.atoms)
        moved.positions[index, axis] += sign * case.step
        moved.calc = case.level.calculator(moved)
        energies.append(moved.get_potential_energy())
    numerical = -(energies[0] - energies[1]) / (2 * case.step)
    assert forces[index, axis] == pytest.approx(numerical, rel=1e-4, abs=case.force)
    assert abs(numerical) > 15 * case.force, "the test needs a force to see"


with_stress = [
    *("emt-bulk", "lj", "gfn1-xtb-bulk", "mymorse-bulk", "ase-d4-bulk", "committee-bulk"),
    *("sevennet-bulk", "chgnet-bulk"),
]


@pytest.mark.parametrize("name", [_marked(name) for name in with_stress])
@pytest.mark.parametrize(("i", "j", "voigt"), [(0, 0, 0), (1, 2, 3)])
def test_stress_is_the_strain_derivative(name, i, j, voigt):
    case = CASES[name]
    _, atoms = converged(name)
    energies = []
    for sign in (1, -1):
        strain = np.zeros((3, 3))
        strain[i, j] += sign * case.step / 2
        strain[j, i] += sign * case.step / 2
        strained = case.atoms.copy()
        strained.set_cell(case.atoms.cell @ (np.eye(3) + strain), scale_atoms=True)
        energies.append(energy_of(case, strained)[0])
    numerical = (energies[0] - energies[1]) / (2 * case.step) / atoms.get_volume()
    tolerance = 1e-3 if name in POTENTIALS else 5e-5  # single precision, eV/Å³
    assert atoms.get_stress()[voigt] == pytest.approx(numerical, rel=1e-3, abs=tolerance)


@names
def test_translation_and_permutation_change_nothing(name):
    case = CASES[name]
    reference, prepared = converged(name)
    shifted = case.atoms.copy()
    shifted.positions += [0.31, -0.17, 0.23]
    order = np.random.default_rng(2).permutation(len(case.atoms))
    assert energy_of(case, shifted)[0] == pytest.approx(reference, abs=case.invariance)
    energy, permuted = energy_of(case, case.atoms[order])
    assert energy == pytest.approx(reference, abs=case.invariance)
    np.testing.assert_allclose(
        permuted.get_forces(), prepared.get_forces()[order], atol=10 * case.force
    )


@pytest.mark.parametrize("name", [_marked(name) for name in ("emt", "lj", *POTENTIALS)])
def test_a_turned_structure_has_turned_forces(name):
    case = CASES[name]
    reference, prepared = converged(name)
    turned = case.atoms.copy()
    turned.rotate(37.0, (1.0, 2.0, -0.5), rotate_cell=True)
    energy, found = energy_of(case, turned)
    assert energy == pytest.approx(reference, abs=case.invariance)
    rotated = Atoms(case.atoms.symbols, prepared.get_forces())
    rotated.rotate(37.0, (1.0, 2.0, -0.5))
    np.testing.assert_allclose(found.get_forces(), rotated.positions, atol=10 * case.force)


@names
def test_preparation_keeps_atoms_and_input(name):
    case = CASES[name]
    before = case.atoms.copy()
    prepared = case.level.prepare(case.atoms)
    assert case.atoms == before
    assert prepared is not case.atoms
    np.testing.assert_array_equal(prepared.numbers, before.numbers)
    shift = prepared.positions - before.positions
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-10)


with_orbitals = pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.gpaw if n in GPAW_CASES else ())
        for n, c in CASES.items()
        if c.level.capabilities.orbitals
    ],
)


@with_orbitals
def test_states_hold_every_electron(name):
    case = CASES[name]
    _, atoms = converged(name)
    structure = case.level.electronic_structure(atoms.calc, atoms)
    held = (structure.k_weights[None, :, None] * structure.occupations).sum()
    assert held == pytest.approx(structure.n_electrons, abs=1e-6)
    charge = case.level.check(case.atoms).charge
    for kind, projections in structure.projections.items():
        if kind == "PAW":
            continue
        np.testing.assert_allclose(projections.weights.sum(axis=-1), 1.0, atol=1e-8)
        if kind == "Löwdin":  # all states are there: every orbital is shared out, too
            np.testing.assert_allclose(projections.weights.sum(axis=2), 1.0, atol=1e-8)
        assert structure.charges[kind].sum() == pytest.approx(charge, abs=1e-6)


@with_orbitals
def test_density_of_states_integrates_to_the_electrons(name):
    case = CASES[name]
    _, atoms = converged(name)
    structure = case.level.electronic_structure(atoms.calc, atoms)
    grid = np.linspace(structure.energies.min() - 2, structure.energies.max() + 2, 40001)
    width = 0.05
    shape = np.exp(-(((grid - structure.energies[..., None]) / width) ** 2))
    shape /= width * np.sqrt(np.pi)
    weights = structure.occupations * structure.k_weights[None, :, None]
    dos = (weights[..., None] * shape).sum(axis=(0, 1, 2))
    assert np.trapezoid(dos, grid) == pytest.approx(structure.n_electrons, abs=1e-3)


@pytest.mark.parametrize("code", ["gfn1-xtb", "gfn2-xtb", "emt", "lj"])
def test_moments_a_code_cannot_use_are_refused(code):
    opposite = Atoms("N2", [[0, 0, 0], [0, 0, 3.0]], magmoms=[3, -3])
    with pytest.raises(InputError, match="moments"):
        Level(code).check(opposite)


@pytest.mark.parametrize("code", ["gfn1-xtb", "gfn2-xtb"])
def test_charge_and_spin_reach_the_code(code):
    level = Level(code)
    cation = with_charge(molecule("H2O"), 1)
    state = level.check(cation)
    assert (state.charge, state.multiplicity, state.polarized) == (1, 2, True)
    cation.calc = level.calculator(cation)
    assert cation.get_charges().sum() == pytest.approx(1.0, abs=1e-6)
    structure = level.electronic_structure(cation.calc, cation)
    moment = structure.occupations.sum(axis=(1, 2)) @ [1, -1]
    assert moment == pytest.approx(1.0, abs=1e-6)
    triplet = Level(code, overrides={"multiplicity": 3})
    oxygen = molecule("O2")
    by_moments = energy_of(Case(level, oxygen), oxygen)[0]  # ASE's sum to two
    assert by_moments == pytest.approx(energy_of(Case(triplet, oxygen), oxygen)[0], abs=1e-8)
    oxygen.set_initial_magnetic_moments(None)
    singlet = Level(code, overrides={"multiplicity": 1})
    assert energy_of(Case(triplet, oxygen), oxygen)[0] < energy_of(Case(singlet, oxygen), oxygen)[0]
