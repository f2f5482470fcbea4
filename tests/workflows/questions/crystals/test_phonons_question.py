"""Phonons and quasi-harmonic crystals as questions: tasks, flags, files, studies."""

import json

import numpy as np
import pytest
from ase import units
from ase.build import bulk, fcc100, molecule
from ase.calculators import emt
from ase.optimize import BFGS

from heterodot.analysis.motion.phonons.files import read_phonopy
from heterodot.analysis.motion.phonons.thermodynamics import ROOM
from heterodot.calculators import Level
from heterodot.errors import HeterodotError, InputError
from heterodot.workflows import Phonons, QuasiHarmonic, Runner, SinglePoint
from heterodot.workflows.questions.crystals.displacing import larger_supercell, supercell_for
from heterodot.workflows.study import Study

EMT = Level("emt")


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    return Runner(tmp_path_factory.mktemp("phonons") / "store", executor="serial")


@pytest.fixture(scope="module")
def copper(runner):
    question = Phonons(
        bulk("Cu", a=3.6), EMT, supercell=((2, 2, 2), (4, 4, 4)), mesh_length=15.0, name="Cu"
    )
    return question.run(runner)


def test_copper(copper):
    """Neutron scattering at X, 80 K: 5.1 and 7.3 THz (G. Nilsson, S. Rolandson, PRB 7, 2393)."""
    assert [str(one) for one in copper.tried] == ["2×2×2 (8 atoms)", "4×4×4 (64 atoms)"]
    at_x = copper.crystal.frequencies([(0.5, 0.0, 0.5)])[0]
    assert at_x == pytest.approx([5.1, 5.1, 7.3], rel=0.15)  # EMT is 10 % too stiff
    assert copper.n_displacements == 1
    assert not copper.imaginary
    assert copper.fmax < 1e-6
    values = copper.quantities()
    assert values["Γ (cm⁻¹)"].value == "acoustic only"
    # Dulong and Petit: 3 k per atom when it is hot
    assert copper.thermodynamics.heat_capacity[-1] == pytest.approx(3 * 8.617e-5, rel=0.01)
    json.dumps(copper.to_dict())


def _gamma_entropy(atoms, temperature):
    """Of a cell by ASE's EMT and its own Hessian at Γ, eV/K; the means stand for translations."""
    atoms.calc = emt.EMT()
    BFGS(atoms, logfile=None).run(fmax=1e-3)
    start, hessian = atoms.get_positions(), []
    for coordinate in np.ndindex(start.shape):
        pair = []
        for sign in (1, -1):
            atoms.positions = start
            atoms.positions[coordinate] += sign * 0.01
            pair.append(atoms.get_forces().ravel())
        hessian.append((pair[1] - pair[0]) / 0.02)
    squares = np.linalg.eigvalsh((np.array(hessian) + np.transpose(hessian)) / 2)[3:]
    x = np.sqrt(squares / atoms.get_masses()[0]) * units._hbar * 1e10 / np.sqrt(
        units._amu * units._e
    ) / (units.kB * temperature)  # fmt: skip
    return units.kB * 3 * len(atoms) * np.mean(x / np.expm1(x) - np.log1p(-np.exp(-x)))


def test_the_free_energy_of_a_vacancy_as_the_documents_make_it(runner):
    perfect = bulk("Cu", a=3.59, cubic=True) * (2, 2, 2)
    defect = perfect.copy()
    del defect[0]
    with_it, without = (
        Phonons(atoms, EMT, supercell=(1, 1, 1), relax="atoms", mesh_length=30.0).run(runner)
        for atoms in (defect, perfect)
    )
    step = with_it.thermodynamics.temperatures[1]
    free = [
        with_it.free_energy(T) - 31 / 32 * without.free_energy(T) for T in (600 - step, 600 + step)
    ]
    entropy = (free[0] - free[1]) / (2 * step)
    known = _gamma_entropy(defect, 600.0) - 31 / 32 * _gamma_entropy(perfect, 600.0)
    assert entropy == pytest.approx(known, abs=0.2 * units.kB)  # other wave vectors
    energy = defect.get_potential_energy() - 31 / 32 * perfect.get_potential_energy()
    assert with_it.energy - 31 / 32 * without.energy == pytest.approx(energy, abs=2e-3)
    assert without.free_energy(0.0) - without.energy == pytest.approx(
        32 * without.thermodynamics.zero_point
    )


def test_supercells_that_differ_are_flagged(copper, runner):
    change = copper.tried[-1].change
    names = [flag.name for flag in copper.flags]
    before = runner.counts.computed
    assert (change > 0.1) == ("supercell-not-converged" in names)
    strict = Phonons(
        bulk("Cu", a=3.6), EMT, supercell=((2, 2, 2), (4, 4, 4)), tolerance=change / 2,
        mesh_length=5.0,
    ).run(runner)  # fmt: skip
    (flag,) = [flag for flag in strict.flags if flag.name == "supercell-not-converged"]
    assert f"{change:.2f} THz" in flag.message
    assert runner.counts.computed == before  # the same supercells are not calculated twice


def test_converge_grows_until_nothing_changes(runner):
    found = Phonons(
        bulk("Al", a=4.0), EMT, min_length=4.0, converge=True, tolerance=0.3, mesh_length=5.0
    ).run(runner)
    sizes = [one.n_atoms for one in found.tried]
    assert sizes == sorted(sizes)
    assert len(sizes) > 1
    assert found.tried[-1].change <= 0.3
    assert not found.flags


def test_one_supercell_says_that_it_was_not_compared(runner):
    found = Phonons(bulk("Cu", a=3.6), EMT, supercell=(2, 2, 2), mesh_length=5.0).run(runner)
    assert any("not compared with a larger one" in text for text in found.caveats)
    assert found.tried[0].change is None


def test_supercells_are_chosen_by_their_height():
    assert supercell_for(bulk("Cu", a=3.6, cubic=True), 10.0) == (3, 3, 3)
    assert supercell_for(bulk("Cu", a=3.6), 10.0) == (5, 5, 5)  # planes of {111}: 2.08 Å apart
    assert larger_supercell(bulk("Cu", a=3.6, cubic=True), (3, 3, 3)) == (4, 4, 4)
    slim = bulk("Zn", a=2.66, c=4.95)
    assert larger_supercell(slim, supercell_for(slim, 10.0)) is not None


def test_a_structure_that_is_not_relaxed_is_flagged(runner):
    atoms = bulk("CuAu", "zincblende", a=5.2)
    atoms.positions[1] += 0.05
    found = Phonons(atoms, EMT, supercell=(1, 1, 1), relax="none", mesh_length=5.0).run(runner)
    assert "not-relaxed" in [flag.name for flag in found.flags]
    assert next(iter(found.structures)) == "as-given"


def test_unstable_crystal(runner):
    found = Phonons(
        bulk("Cu", "sc", a=2.4), EMT, supercell=(2, 2, 2), relax="none", mesh_length=5.0, name="sc"
    ).run(runner)
    names = [flag.name for flag in found.flags]
    assert "unstable-crystal" in names
    assert "imaginary-mode" in names
    mode = found.imaginary[0]
    assert mode.place in str(found.flags[names.index("imaginary-mode")])
    assert "imaginary-1" in found.structures
    movie = found.movies["imaginary-1"]
    assert movie.swings
    assert np.abs(movie.frames[0].positions - movie.frames[-1].positions).max() == pytest.approx(
        0.6, abs=0.3
    )
    assert "†" in found.headline()
    assert found.state_name("imaginary-1").startswith(f"{abs(mode.frequency):.2f}i THz")
    figure = found.figures("sc", "Cu")["sc-bands"]()
    assert figure.axes[0].get_ylim()[0] < mode.frequency


def test_figures_show_bands_and_states(copper):
    figure = copper.figures("cu", "Cu")["cu-bands"]()
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["Γ", "X", "U|K", "Γ", "L", "W", "X"]
    shared = type(copper).shared_figures({"Cu": copper})["phonon-thermodynamics"]()
    assert len(shared.axes) == 3


def test_quasi_harmonic_copper(runner):
    """Experiment: α(300 K) 16.6e-6/K rising with T, B 137 GPa falling (CRC Handbook; 300 K).

    EMT itself: a 3.590 Å and B0 134 GPa at rest (K. W. Jacobsen et al. (1996): 134 GPa).
    """
    found = QuasiHarmonic(
        bulk("Cu", a=3.6), EMT, supercell=(3, 3, 3), mesh_length=15.0, name="Cu",
        volumes=(0.97, 0.99, 1.01, 1.03, 1.05, 1.07), max_temperature=800.0,
    ).run(runner)  # fmt: skip
    curves = found.curves
    assert found.values()["B, atoms at rest (GPa)"].value == pytest.approx(134, abs=3)
    assert found.lattice_constant == pytest.approx(3.59, abs=0.005)
    at = curves.at(300.0)
    assert at["alpha"] * 1e6 == pytest.approx(16.6, rel=0.35)
    assert found.length(at["V"]) > found.length(curves.at(0.0)["V"]) > found.lattice_constant
    assert curves.at(700.0)["alpha"] > at["alpha"] > curves.at(100.0)["alpha"]
    assert curves.at(700.0)["B"] < at["B"]
    # Cp − Cv = α_V² B V T
    volume, expansion = at["V"], 3 * at["alpha"]
    cv = np.interp(volume, found.volumes, [v.at(300.0)["Cv"] for v in found.vibrations])
    apart = expansion**2 * at["B"] / 160.2177 * volume * 300
    assert at["Cp"] - cv == pytest.approx(apart, rel=0.1)
    assert not found.flags
    figure = found.figures("cu", "Cu")["cu-quasi-harmonic"]()
    assert len(figure.axes) == 4
    json.dumps(found.to_dict())
    narrow = QuasiHarmonic(
        bulk("Cu", a=3.6), EMT, supercell=(2, 2, 2), mesh_length=15.0,
        volumes=(0.96, 0.97, 0.98, 0.99, 1.0, 1.01),
    ).run(runner)  # fmt: skip
    (flag,) = [f for f in narrow.flags if f.name == "volume-out-of-range"]
    assert f"{narrow.curves.left_range:g} K" in flag.message


@pytest.mark.parametrize(
    ("atoms", "options", "match"),
    [
        (molecule("H2O"), {}, "question vibrations"),
        (fcc100("Cu", (1, 1, 2), vacuum=5), {}, "expected a crystal"),
        (bulk("Cu"), {"supercell": (2, 2)}, "three whole numbers"),
        (bulk("Cu"), {"supercell": ((2, 2, 2), (3, 3))}, "three whole numbers"),
        (bulk("Cu"), {"supercell": (0, 1, 1)}, "three whole numbers"),
        (bulk("Cu"), {"supercell": (2, 2, 2), "converge": True}, "expected one of them"),
        (bulk("Cu"), {"tolerance": -1.0}, "tolerance"),
        (bulk("Cu"), {"relax": "everything"}, "relax"),
        (bulk("Cu"), {"born": "nowhere/BORN"}, "no such file"),
    ],
)
def test_what_has_no_phonons_is_one_line(atoms, options, match):
    with pytest.raises(InputError, match=match):
        Phonons(atoms, EMT, **options)


def test_other_lines():
    with pytest.raises(InputError, match="5 or more"):
        QuasiHarmonic(bulk("Cu"), EMT, volumes=(0.9, 1.0, 1.1))
    with pytest.raises(InputError, match="expected one"):
        QuasiHarmonic(bulk("Cu"), EMT, supercell=((1, 1, 1), (2, 2, 2)))
    charged = bulk("Cu")
    charged.info["charge"] = 1
    with pytest.raises(InputError, match="neutral"):
        Phonons(charged, EMT)


def test_a_run_that_was_cut_off_repeats_no_displacement(tmp_path, monkeypatch):
    """Killed after two displacements: the next run does the others, and the digits are the same."""
    atoms = bulk("CuAu", "zincblende", a=5.2)
    question = Phonons(atoms, EMT, supercell=(2, 2, 2), relax="none", mesh_length=5.0)
    whole = question.run(Runner(tmp_path / "whole", executor="serial"))
    done = []
    compute = SinglePoint.compute

    def dies(self, directory):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(self.key)
        return compute(self, directory)

    monkeypatch.setattr(SinglePoint, "compute", dies)
    with pytest.raises((KeyboardInterrupt, HeterodotError)):
        question.run(Runner(tmp_path / "cut", executor="serial"))
    monkeypatch.setattr(SinglePoint, "compute", compute)
    runner = Runner(tmp_path / "cut", executor="serial")
    again = question.run(runner)
    assert runner.counts.cached == 2
    assert all(
        np.array_equal(a, b)
        for a, b in zip(whole.bands.frequencies, again.bands.frequencies, strict=True)
    )
    assert again.thermodynamics.at(ROOM) == whole.thermodynamics.at(ROOM)


STUDY = """
heterodot: 1
title: copper
systems:
  salt: {file: salt.xyz}
levels: {emt: {code: emt}}
questions:
  - phonons: {supercell: [[1, 1, 1], [2, 2, 2]], born: BORN, mesh_length: 3, relax: none}
output: out
"""

BORN = """# ε and Z*
3.0 0 0 0 3.0 0 0 0 3.0
1.5 0 0 0 1.5 0 0 0 1.5
-1.5 0 0 0 -1.5 0 0 0 -1.5
"""


def test_a_study_writes_what_phonopy_reads(tmp_path):
    bulk("CuAu", "rocksalt", a=5.2).write(tmp_path / "salt.xyz")
    (tmp_path / "BORN").write_text(BORN)
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    result = Study.load(study).run(executor="serial")
    (answer,) = result.results.values()
    files = {path.name for path in (tmp_path / "out" / "files").iterdir()}
    assert {name.removeprefix("salt.phonons.") for name in files} == {
        "phonopy_params.yaml", "FORCE_SETS", "bands.csv", "dos.csv", "thermodynamics.csv",
    }  # fmt: skip
    again = read_phonopy(tmp_path / "out" / "files" / "salt.phonons.phonopy_params.yaml")
    vectors = [(0.5, 0.0, 0.5), (0.1, 0.0, 0.1)]
    assert again.born is not None
    assert again.frequencies(vectors) == pytest.approx(
        answer.crystal.frequencies(vectors), abs=1e-4
    )
    (tmp_path / "BORN").unlink()  # its content is kept with what was asked
    from heterodot.workflows.study.kept.loading import load_results

    (one,) = load_results(tmp_path / "out")["salt"].values()
    assert one.at_gamma == pytest.approx(answer.at_gamma)
    study.write_text(STUDY.replace(": out", ": other"))
    with pytest.raises(InputError, match=r"questions.*BORN.*cannot be read"):
        Study.load(study)


@pytest.mark.mlip
@pytest.mark.slow
def test_zinc_blende_by_sevennet(tmp_path):
    """Measured: TO 271, LO 351 cm⁻¹; potentials trained on MPtrj are known to be too soft.

    B. Deng et al., npj Comput. Mater. 11, 9 (2025), doi:10.1038/s41524-024-01500-6: softening.
    """
    pytest.importorskip("sevenn")
    born = {"dielectric": 5.2, "charges": {"Zn": 2.12, "S": -2.12}}
    found = Phonons(
        bulk("ZnS", "zincblende", a=5.41), Level("sevennet"), supercell=(3, 3, 3), born=born,
        mesh_length=15.0,
    ).run(Runner(tmp_path / "store", executor="serial"))  # fmt: skip
    optical = found.at_gamma[3:]
    assert optical[:2] == pytest.approx([271, 271], rel=0.2)
    assert optical[2] == pytest.approx(351, rel=0.12)
    assert not found.imaginary
    assert found.crystal.sum_rule.acoustic < 0.1


@pytest.mark.gpaw
@pytest.mark.slow
def test_zinc_blende_by_gpaw(tmp_path):
    """Γ and X of two atoms: the supercell 2 × 1 × 2 of the primitive cell holds both.

    Measured (N. Vagelatos, D. Wehe, J. S. King, J. Chem. Phys. 60, 3613 (1974)): TO(Γ) 271, TA(X)
    89, LA(X) 212, TO(X) 318 cm⁻¹, LO(X) 332.
    """
    level = Level(
        "gpaw", "fast", overrides={"mode": "pw", "ecut": 280.0, "h": None, "kpts": [2, 4, 2]}
    )  # 4 × 4 × 4 of the primitive cell
    found = Phonons(
        bulk("ZnS", "zincblende", a=5.41), level, supercell=(2, 1, 2), relax="none",
        mesh_length=10.0,
    ).run(Runner(tmp_path / "store"))  # fmt: skip
    x = (0.5, 0.5, 0.0)  # of the primitive cell, and a wave that fits into the supercell
    assert np.abs(found.crystal.commensurate - x).sum(axis=1).min() < 1e-8
    at_gamma, at_x = found.crystal.frequencies([(0, 0, 0), x]) * 33.356
    assert at_gamma[:3] == pytest.approx(np.zeros(3), abs=1.0)
    assert at_gamma[3:] == pytest.approx([271] * 3, rel=0.12)  # no Born charges: no LO
    assert at_x == pytest.approx([89, 89, 212, 318, 318, 332], rel=0.2)
