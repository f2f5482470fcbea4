"""Cells, equations of state and elastic tensors of crystals, against what is exact or others'."""

import json

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.constraints import FixAtoms
from ase.eos import EquationOfState as OtherFit
from ase.units import GPa

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import crystal, match_lattices
from heterodot.workflows import (
    CellRelaxation,
    ElasticTensor,
    EquationOfState,
    Runner,
    level_crystal,
)
from heterodot.workflows.questions.crystals.meshes import mesh_gate, with_held_mesh
from heterodot.workflows.study import Study

EMT = Level("emt")


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("crystals"), executor="serial") as runner:
        yield runner


@pytest.fixture(scope="module")
def tensor(runner):
    return ElasticTensor(crystal("Cu"), EMT, name="Cu").run(runner)


def test_copper_by_emt_and_by_ases_own_fit(runner):
    volumes, energies = [], []
    for factor in np.linspace(0.98, 1.02, 9):
        atoms = bulk("Cu", a=3.59 * factor)
        atoms.calc = EMT.calculator(atoms)
        volumes.append(atoms.get_volume())
        energies.append(atoms.get_potential_energy())
    volume, _, modulus = OtherFit(volumes, energies, "birchmurnaghan").fit()
    found = EquationOfState(bulk("Cu", a=3.59), EMT).run(runner)
    assert found.flags == ()
    assert found.fit.v0 == pytest.approx(volume, rel=1e-4)
    assert found.fit.b0 == pytest.approx(modulus / GPa, rel=1e-3)
    cell = CellRelaxation(crystal("Cu"), EMT).run(runner)
    assert cell.structure.get_volume() / 4 == pytest.approx(volume, rel=2e-4)
    assert cell.experiment == {"a (Å)": 3.615}
    assert cell.deviations["a"] == pytest.approx(100 * (np.cbrt(4 * volume) / 3.615 - 1), abs=0.01)
    assert cell.flags == ()
    assert "Fm-3m (225)" in cell.headline()
    json.dumps([cell.to_dict(), found.to_dict()], allow_nan=False)


def test_the_tensor_of_copper_by_emt_is_pymatgens(runner, tensor):
    elasticity = pytest.importorskip("pymatgen.analysis.elasticity")
    from pymatgen.io.ase import AseAtomsAdaptor

    structure = AseAtomsAdaptor.get_structure(tensor.structure)
    strains, stresses = [], []
    for deformed, one in zip(*_deformed(elasticity, structure), strict=True):
        atoms = AseAtomsAdaptor.get_atoms(one)
        atoms.calc = EMT.calculator(atoms)
        stresses.append(elasticity.Stress(atoms.get_stress(voigt=False) / GPa))
        strains.append(elasticity.Strain.from_deformation(deformed))
    theirs = elasticity.ElasticTensor.from_independent_strains(strains, stresses, vasp=False)
    np.testing.assert_allclose(tensor.tensor.matrix, theirs.voigt, atol=0.5)
    assert tensor.tensor.is_cubic
    assert tensor.flags == ()
    energies = ElasticTensor(crystal("Cu"), EMT, method="energy").run(runner)
    np.testing.assert_allclose(energies.tensor.matrix, tensor.tensor.matrix, atol=0.3)
    modulus = EquationOfState(crystal("Cu"), EMT).run(runner).fit.b0
    assert tensor.tensor.bulk == pytest.approx(modulus, rel=2e-3)
    # an element on its sites has no internal strain
    np.testing.assert_allclose(tensor.clamped.matrix, tensor.tensor.matrix, atol=1e-6)
    assert set(tensor.constants) == {"C11", "C12", "C44"}
    json.dumps(tensor.to_dict(), allow_nan=False)


def _deformed(elasticity, structure):
    made = elasticity.DeformedStructureSet(structure, [-0.004, 0.004], [-0.004, 0.004])
    return made.deformations, made.deformed_structures


def test_a_pair_potential_obeys_cauchy(runner):
    """C12 = C44 of a cubic crystal of pair forces (M. Born, K. Huang, Dynamical Theory, 1954)."""
    found = ElasticTensor(bulk("Cu", a=3.6, cubic=True), Level("lj")).run(runner)
    assert found.constants["C11"] > 0
    c = found.tensor.matrix
    assert c[0, 1] == pytest.approx(c[3, 3], rel=1e-3)


def test_a_second_run_calculates_nothing_and_strains_are_tasks(tmp_path):
    events = []
    for _ in range(2):
        with Runner(tmp_path, executor="serial", on_event=events.append) as runner:
            ElasticTensor(crystal("Ag"), EMT, name="Ag").run(runner)
            EquationOfState(crystal("Ag"), EMT, points=5, name="Ag").run(runner)
    kinds = [event.kind for event in events]
    assert (kinds.count("finished"), kinds.count("cached")) == (10, 10)


def test_hexagonal_cells_relax_along_both_axes_and_keep_their_symmetry(runner):
    start = bulk("Cu", "hcp", a=2.5, c=4.3)
    cell = CellRelaxation(start, EMT).run(runner)
    assert set(cell.lengths) == {"a (Å)", "c (Å)"}
    assert cell.space_groups == ("P6_3/mmc (194)", "P6_3/mmc (194)")
    assert cell.fmax < 1e-6
    found = ElasticTensor(start, EMT).run(runner)
    c = found.tensor.matrix
    assert c[5, 5] == pytest.approx((c[0, 0] - c[0, 1]) / 2)
    assert found.n_strains == 5
    volumes = EquationOfState(start, EMT, points=5).run(runner)
    assert volumes.fit.b0 == pytest.approx(found.tensor.bulk_reuss, rel=0.01)
    assert volumes.structure.cell.lengths()[2] == pytest.approx(cell.lengths["c (Å)"], rel=2e-3)


def test_pressure_shortens_the_cell_as_the_equation_of_state_says(runner):
    found = CellRelaxation(crystal("Cu"), EMT, pressure=5.0).run(runner)
    fit = EquationOfState(crystal("Cu"), EMT).run(runner).fit
    v, d = found.structure.get_volume(), 0.01
    slope = (fit.energies(np.array([v + d])) - fit.energies(np.array([v - d])))[0] / (2 * d)
    assert -slope / GPa == pytest.approx(5.0, abs=0.05)
    assert found.experiment == {}
    assert found.quantities()["pressure (GPa)"].value == 5.0


def test_what_is_wrong_is_flagged(runner):
    # Bain's way: body-centred copper, which is a saddle, becomes face-centred
    free = CellRelaxation(bulk("Cu", "bcc", a=2.87, cubic=True), EMT, symmetry="free").run(runner)
    assert {f.name for f in free.flags} == {"symmetry-changed"}
    assert free.space_groups == ("Im-3m (229)", "Fm-3m (225)")
    few = CellRelaxation(crystal("Au"), EMT, steps=1, fmax=1e-6).run(runner)
    assert {f.name for f in few.flags} == {"cell-not-converged"}
    far = crystal("Cu")
    far.set_cell(far.cell * 1.06, scale_atoms=True)
    shifted = EquationOfState(far, EMT, points=5).run(runner)  # taken anew around the minimum
    assert "minimum-outside" not in {f.name for f in shifted.flags}
    assert shifted.fit.v0 == pytest.approx(46.26, abs=0.1)
    stretched = ElasticTensor(far, EMT, relax=False).run(runner)
    assert "not-relaxed" in {f.name for f in stretched.flags}
    bcc = ElasticTensor(bulk("Cu", "bcc", a=2.87, cubic=True), EMT).run(runner)
    assert {f.name for f in bcc.flags} == {"elastically-unstable"}
    assert bcc.tensor.criteria["C11 − C12"] < 0
    assert bcc.figures("bcc") == {}
    assert "not stable" in bcc.headline()


@pytest.mark.parametrize("kind", [CellRelaxation, EquationOfState, ElasticTensor])
def test_what_is_no_crystal_is_refused(kind):
    with pytest.raises(InputError, match="expected a crystal"):
        kind(molecule("H2O"), EMT)
    held = crystal("Cu")
    held.set_constraint(FixAtoms([0]))
    with pytest.raises(InputError, match="take the constraints away"):
        kind(held, EMT)
    with pytest.raises(InputError, match="of one level"):
        kind(crystal("Cu"), Level("emt", geometry=Level("lj")))


def test_levels_without_stress_say_what_they_can(tmp_path):
    lcao = Level("gpaw")
    with pytest.raises(CapabilityError, match="equation_of_state takes energies"):
        CellRelaxation(crystal("ZnS"), lcao)
    with pytest.raises(CapabilityError, match="method: energy"):
        ElasticTensor(crystal("ZnS"), lcao, method="stress")
    with pytest.raises(InputError, match="relax: false"):
        ElasticTensor(crystal("CdS-wurtzite"), lcao)
    assert ElasticTensor(crystal("ZnS"), lcao).by == "energy"
    assert Level("gpaw", protocol="precise").capabilities.stress


def test_cells_of_a_crystal_are_sampled_alike():
    level = Level("gpaw", overrides={"kpts": {"density": 3.0, "gamma": True}})
    held = with_held_mesh(level, crystal("ZnS"))
    assert held.settings["kpts"] == {"size": [4, 4, 4], "gamma": True}
    assert with_held_mesh(EMT, crystal("Cu")) == EMT


def test_a_match_shares_strain_by_the_constants_of_the_level(runner, tensor):
    film = level_crystal("Cu", EMT, runner)
    substrate = level_crystal("Ag", EMT, runner)
    bounds = {"film_miller": (1, 0, 0), "substrate_miller": (1, 0, 0), "max_area": 60.0}
    found = match_lattices(film, substrate, strained="elastic", max_strain=0.15, **bounds)
    assert found.settings["lattice"] == {"film": "EMT", "substrate": "EMT"}
    assert found.settings["elastic"] == {"film": "EMT", "substrate": "EMT"}
    other = ElasticTensor(crystal("Ag"), EMT, name="Ag").run(runner)
    told = match_lattices(
        film, substrate, strained="elastic", max_strain=0.15, **bounds,
        film_elastic=tensor.constants, substrate_elastic=other.constants,
    )  # fmt: skip
    assert found[0].energy == pytest.approx(told[0].energy, rel=1e-9)
    np.testing.assert_allclose(found[0].film_gradient, told[0].film_gradient, atol=1e-12)
    # equal layers bear it by their biaxial moduli: M = C11 + C12 − 2 C12²/C11 of (100)
    moduli = [_biaxial(one.constants) for one in (tensor, other)]
    shares = [abs(np.trace(s)) for s in (found[0].film_strain, found[0].substrate_strain)]
    assert shares[0] / shares[1] == pytest.approx(moduli[1] / moduli[0], rel=0.02)
    measured = match_lattices("Cu", "Ag", strained="elastic", max_strain=0.15, **bounds)
    assert "lattice" not in measured.settings
    assert measured[0].area != pytest.approx(found[0].area, rel=1e-4)


def _biaxial(c: dict[str, float]) -> float:
    return c["C11"] + c["C12"] - 2 * c["C12"] ** 2 / c["C11"]


STUDY = """\
heterodot: 1
systems:
  slab: {lattice: level, build: [slab: {crystal: Cu, miller: [1, 1, 1], layers: 3}]}
  dot: {lattice: emt, build: [crystal: Cu, cut: {sphere: 4}]}
  joint:
    lattice: level
    build:
      - interface: {film: Cu, substrate: Ag, film_miller: [1, 0, 0], substrate_miller: [1, 0, 0],
          max_area: 60, max_strain: 0.15, film_layers: 2, substrate_layers: 2,
          matching: {strained: elastic}}
levels: {emt: {code: emt}}
questions:
  - relaxation: {fmax: 2}
"""


def test_a_study_builds_on_the_lattice_of_its_level(tmp_path, tensor):
    (tmp_path / "study.yaml").write_text(STUDY)
    study = Study.load(tmp_path / "study.yaml")
    assert study.systems == {}
    result = study.run(executor="serial")
    assert result.errors == {}
    systems = {case.system.name: case.system.atoms for case in result.cases}
    details = systems["slab"].info["heterodot"]
    assert details["crystal"]["lattice"]["level"] == "EMT"
    assert any("lattice and elastic constants of EMT" in note for note in details["notes"])
    a = tensor.structure.cell.lengths()[0]
    assert systems["slab"].cell.lengths()[0] == pytest.approx(a / np.sqrt(2), rel=1e-6)
    assert systems["dot"].get_distances(0, range(1, 13)).min() == pytest.approx(a / np.sqrt(2))
    assert systems["joint"].info["heterodot"]["interface"]["lattice"] == {
        "film": "EMT",
        "substrate": "EMT",
    }
    again = study.run(executor="serial")
    assert (again.n_computed, again.table()) == (0, result.table())
    with pytest.raises(InputError, match="stands on the lattice of emt, which a run finds"):
        study.system("slab")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("lattice: emt", "lattice: gpaw"), "expected table, level or one of emt"),
        (("crystal: Cu, cut: {sphere: 4}", "molecule: H2O"), "no step of 'build' names a crystal"),
        (("levels: {", "levels: {lj: {code: lj}, "), "there are several: name one of lj, emt"),
        (("crystal: Cu, cut: {sphere: 4}", "core_shell: {core: InP}"), "crystals as measured"),
        (("build: [crystal: Cu, cut: {sphere: 4}]", "file: a.xyz"), "'lattice' with 'build' only"),
    ],
)
def test_a_lattice_that_cannot_be_is_one_line(change, expected):
    with pytest.raises(InputError, match=expected):
        Study.parse(STUDY.replace(*change))


def test_a_lattice_that_is_not_found_is_said(tmp_path):
    text = STUDY.replace("crystal: Cu, cut", "crystal: ZnS, cut")
    (tmp_path / "study.yaml").write_text(text)
    study = Study.load(tmp_path / "study.yaml")
    result = study.run(executor="serial")
    assert set(result.errors) == {"dot/relaxation"}
    said = str(result.errors["dot/relaxation"])
    assert "the lattice of ZnS at emt failed" in said
    assert "no parameters for S, Zn" in said


def _gpaw(kpts, **more):
    settings = {"mode": "pw", "ecut": 250.0, "h": None, "kpts": kpts, **more}
    return Level("gpaw", "fast", settings)


@pytest.mark.parametrize(
    ("atoms", "kpts", "keeps"),
    [
        (bulk("Si", a=5.43), [2, 2, 2], False),  # a known trap of face-centred cells
        (bulk("Si", a=5.43), [3, 3, 3], True),
        (bulk("Si", a=5.43), {"size": [2, 2, 2], "gamma": True}, True),
        (bulk("Si", a=5.43, cubic=True), [2, 2, 2], True),
        (bulk("Si", a=5.43), {"size": [2, 2, 1], "gamma": True}, False),
        (bulk("Zn", "hcp", a=2.66, c=4.9), [4, 4, 2], False),
        (bulk("Zn", "hcp", a=2.66, c=4.9), {"size": [4, 4, 2], "gamma": True}, True),
    ],
)
def test_a_mesh_that_breaks_the_symmetry_is_flagged(atoms, kpts, keeps):
    """H. J. Monkhorst, J. D. Pack, PRB 13, 5188 (1976); hexagonal: PRB 16, 1748 (1977)."""
    names = [flag.name for flag in mesh_gate(_gpaw(kpts), atoms)]
    assert names == ([] if keeps else ["mesh-breaks-symmetry"])


def test_a_density_of_k_points_becomes_a_mesh_with_the_symmetry():
    primitive, cubic = bulk("Si", a=5.43), bulk("Si", a=5.43, cubic=True)
    level = _gpaw({"density": 3.5})
    held = with_held_mesh(level, primitive)
    assert held.settings["kpts"] == {"size": [8, 8, 8], "gamma": True}
    assert with_held_mesh(level, cubic).settings["kpts"] == {"size": [5, 5, 5]}
    assert mesh_gate(level, primitive) == ()
    assert with_held_mesh(EMT, primitive) is EMT
    assert mesh_gate(EMT, primitive) == ()


def test_in_lcao_the_tensor_is_by_energies_and_cells_are_refused():
    lcao = Level("gpaw", "fast", {"kpts": [3, 3, 3]})
    assert ElasticTensor(bulk("Si", a=5.43), lcao).by == "energy"
    with pytest.raises(CapabilityError, match="method: energy takes energies"):
        ElasticTensor(bulk("Si", a=5.43), lcao, method="stress")
    with pytest.raises(CapabilityError, match="equation_of_state takes energies"):
        CellRelaxation(bulk("Si", a=5.43), lcao)


@pytest.mark.gpaw
@pytest.mark.slow
def test_the_shear_stress_of_silicon_by_gpaw_is_the_slope_of_its_free_energy():
    """Stress is that of the free energy, electrons' entropy included, not of E at 0 K."""
    level = _gpaw(
        {"size": [2, 2, 2], "gamma": True}, symmetry="on",
        convergence={"energy": 1e-5, "density": 1e-5},
    )  # fmt: skip
    free, half = {}, 0.004
    for shear in (0.01 - half, 0.01, 0.01 + half):
        atoms = bulk("Si", a=5.48)
        strain = np.eye(3)
        strain[1, 2] = strain[2, 1] = shear / 2
        atoms.set_cell(atoms.cell @ strain, scale_atoms=True)
        ready = level.prepare(atoms)
        ready.calc = level.calculator(ready)
        free[shear] = ready.get_potential_energy(force_consistent=True)
        if shear == 0.01:
            stress, volume = ready.get_stress() / GPa, ready.get_volume()
    slope = (free[0.01 + half] - free[0.01 - half]) / (2 * half) / volume / GPa
    # a further shear is one of the sheared crystal, which this cell is not: (1 + s)⁻¹ ≈ 1 − s
    assert stress[3] - 0.01 / 4 * (stress[1] + stress[2]) == pytest.approx(slope, abs=0.05)
    assert stress[3] > 0.5
    np.testing.assert_allclose(stress[4:], 0.0, atol=1e-6)
