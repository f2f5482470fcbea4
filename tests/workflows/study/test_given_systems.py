"""What a study's files say, what the study says, and what the two say together."""

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixedPlane

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.cli import main
from heterodot.errors import InputError, StudyError
from heterodot.structures import crystal, pyramid
from heterodot.structures.crystals.writing import write_structure
from heterodot.workflows import Relax
from heterodot.workflows.study import Study
from heterodot.workflows.study.systems import system_notes

STUDY = """\
heterodot: 1
systems:
  oh: {file: oh.xyz}
levels:
  xtb: {code: gfn1-xtb}
questions:
  - relaxation: {}
"""
OH = "2\nProperties=species:S:1:pos:R:3 charge=-1\nO 0 0 0\nH 0 0 0.97\n"


def study(folder, entry, text=OH):
    (folder / "oh.xyz").write_text(text)
    return Study.parse(STUDY.replace("{file: oh.xyz}", entry), folder / "study.yaml")


def bare(folder):
    dot = pyramid(crystal("CuInS2"), 3)
    Atoms(dot.symbols, dot.positions).write(folder / "oh.xyz")


@pytest.mark.parametrize("entry", ["{file: oh.xyz}", "{file: oh.xyz, charge: -1}"])
def test_the_charge_of_a_file_is_that_of_the_system(tmp_path, entry):
    assert provenance.total_charge(study(tmp_path, entry).system("oh").atoms) == -1


def test_a_study_that_contradicts_its_file_is_one_line(tmp_path):
    with pytest.raises(StudyError, match=r":3: systems.oh.charge: given \+1, but its file says -1"):
        study(tmp_path, "{file: oh.xyz, charge: 1}").system("oh")
    with pytest.raises(StudyError, match=r"systems.oh.charge: given \+0, but its file says -1"):
        study(tmp_path, "{file: oh.xyz, charge: 0}").system("oh")


def test_a_study_that_contradicts_its_own_step_is_one_line(tmp_path):
    entry = "{build: [metal_cluster: {metal: Cu, n: 6, charge: -1}], charge: 0}"
    with pytest.raises(StudyError, match=r"given \+0, but a step of 'build' says -1"):
        study(tmp_path, entry).system("oh")


def test_a_charge_in_place_of_that_of_a_defect_is_said(tmp_path):
    build = "{crystal: CuInS2, base: 3}"
    defect = 'apply_defect: {defect: "V_Cu\'", index: {element: Cu}}'
    found = study(tmp_path, f"{{build: [pyramid: {build}, {defect}], charge: 0}}").system("oh")
    assert provenance.total_charge(found.atoms) == 0
    assert any("in place of the -1 e" in note for note in system_notes(found.atoms))


def test_a_charge_of_more_than_all_electrons_is_refused(tmp_path):
    neutral = OH.replace("charge=-1", "")
    with pytest.raises(StudyError, match=r"charge \+100000: HO has 9 electrons"):
        study(tmp_path, "{file: oh.xyz, charge: 100000}", neutral).system("oh")


def test_a_frame_is_chosen(tmp_path):
    text = OH + OH.replace("0.97", "0.98")
    for entry in ("{file: oh.xyz, frame: 0}", '{file: "oh.xyz@0"}'):
        atoms = study(tmp_path, entry, text).system("oh").atoms
        assert atoms.positions[1, 2] == 0.97
        assert system_notes(atoms) == []
    last = study(tmp_path, "{file: oh.xyz}", text).system("oh").atoms
    assert last.positions[1, 2] == 0.98
    assert "holds 2 structures; the last is taken" in system_notes(last)[0]
    with pytest.raises(StudyError, match="has no frame 7"):
        study(tmp_path, "{file: oh.xyz, frame: 7}", text).system("oh")
    with pytest.raises(StudyError, match="frame"):
        study(tmp_path, "{build: [molecule: CO2], frame: 0}")


def test_check_and_run_note_a_bare_dot(tmp_path, capsys):
    """Cu5In5S20: 5 + 15 − 40 = −20."""
    (tmp_path / "study.yaml").write_text(STUDY)
    bare(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["run", str(tmp_path / "study.yaml"), "--check"])
    assert end.value.code == 0
    said = capsys.readouterr()
    assert "oh: not closed-shell: formal charges sum to -20 e, the charge is +0 e" in said.err
    assert "oh/relaxation: Cu5In5S20" in said.out


@pytest.mark.parametrize(
    "atoms",
    [
        Atoms("O2", [[0, 0, 0], [0, 0, 1.2]]),
        Atoms("OH2", [[0, 0, 0], [0, 0.76, 0.59], [0, -0.76, 0.59]]),
        Atoms("Cu2", [[0, 0, 0], [0, 0, 2.2]]),
        crystal("CuInS2"),
    ],
    ids=["O2", "H2O", "Cu2", "CuInS2"],
)
def test_molecules_metals_and_balanced_crystals_are_not_noted(atoms):
    assert system_notes(atoms) == []


def test_a_bare_dot_is_noted_once(tmp_path):
    """As its builder wrote it, with a note of its own, and as another program would."""
    write_structure(tmp_path / "oh.xyz", pyramid(crystal("CuInS2"), 3))
    own = Study.parse(STUDY, tmp_path / "study.yaml").system("oh").atoms
    bare(tmp_path)
    other = Study.parse(STUDY, tmp_path / "study.yaml").system("oh").atoms
    for atoms in (own, other):
        (note,) = [note for note in system_notes(atoms) if "-20 e" in note]
        assert "formal charges sum to -20 e" in note
        assert "passivate" in note


def test_settings_without_use_are_said_before_anything_runs(tmp_path, capsys):
    (tmp_path / "oh.xyz").write_text(OH)
    text = STUDY.replace("xtb: {code: gfn1-xtb}", "g: {code: gpaw, overrides: {kpts: [2, 2, 2]}}")
    (tmp_path / "study.yaml").write_text(text + "  - vibrations: {}\n")
    code, said = run_cli(capsys, "run", "--check", tmp_path / "study.yaml")
    assert code == 0
    assert said.count("oh, level g: kpts = [2, 2, 2] is not used: the structure is finite") == 1
    (tmp_path / "study.yaml").write_text(STUDY)
    assert "not used" not in run_cli(capsys, "run", "--check", tmp_path / "study.yaml")[1]


def test_an_adsorbate_in_a_file_is_guessed_and_said(tmp_path):
    from ase.build import fcc111

    slab = fcc111("Cu", (2, 2, 2), vacuum=8.0)
    slab.info = {}
    molecule = Atoms("CO", [[0, 0, 1.85], [0, 0, 3.0]])
    molecule.translate(slab.positions[-1])
    (slab + molecule).write(tmp_path / "oh.xyz")
    found = Study.parse(STUDY, tmp_path / "study.yaml").system("oh").atoms
    assert (
        "taken for the adsorbate: CO, atoms 8, 9, nearest to Cu7; guessed"
        in system_notes(found)[-1]
    )


def test_constraints_a_file_cannot_hold_are_not_lost(tmp_path):
    atoms = Atoms("O2", [[0, 0, 0], [0, 0, 1.2]], constraint=FixedPlane(0, [0, 0, 1]))
    with pytest.raises(InputError, match=r"constraint FixedPlane cannot be written.*\.traj"):
        write_structure(tmp_path / "a.xyz", atoms)
    write_structure(tmp_path / "a.traj", atoms)


def run_cli(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([str(a) for a in arguments])
    return end.value.code, capsys.readouterr().err


def test_the_command_line_writes_no_structure_that_cannot_be(tmp_path, capsys):
    over = tmp_path / "over.xyz"
    over.write_text("3\n\nCu 0 0 0\nCu 0 0 0\nCu 2.5 0 0\n")
    out = tmp_path / "out.xyz"
    code, said = run_cli(capsys, "build", "adsorbate", over, "--site", 0, "-o", out)
    assert (code, out.exists()) == (2, False)
    assert "atoms 0 (Cu) and 1 (Cu) are 0.000 Å apart" in said
    assert said.count("\n") == 1
    code, said = run_cli(
        capsys, "build", "interface", "CdS", "ZnS", "--film-plane", 100, "--substrate-plane", 100,
        "--max-strain", 0.1, "--gap", 0, "-o", out,
    )  # fmt: skip
    assert (code, out.exists()) == (2, False)
    assert "not written: atoms" in said
    code, said = run_cli(capsys, "build", "pyramid", "--base", 2, "--charge", 100000, "-o", out)
    assert (code, out.exists()) == (2, False)
    assert "expected a charge between" in said


def test_the_command_line_chooses_frames(tmp_path, capsys):
    """A trajectory of two: its first crystal is smaller."""
    frames = "".join(
        f'1\nLattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3\nCu 0 0 0\n'
        for a in (2.5, 2.6)
    )
    (tmp_path / "run.xyz").write_text(frames)
    code, _ = run_cli(capsys, "build", "crystal", f"{tmp_path}/run.xyz@0", "-o", tmp_path / "a.xyz")
    assert code == 0
    assert crystal(tmp_path / "a.xyz").cell[0, 0] == pytest.approx(2.5)


def test_a_count_beyond_the_sites_is_refused(capsys):
    asked = ["--defect", "V_Cu", "--count", "10-30", "--supercell", "2x2x1"]
    code, said = run_cli(capsys, "enumerate", "CuInS2", *asked)
    assert code == 2
    assert "the structure has 16 Cu for it; expected 10 to 16" in said


@pytest.mark.parametrize("label", ["", "a b", " a"])
def test_labels_a_file_would_garble_are_refused(tmp_path, label):
    """Two words become two columns, and every column after them is another atom's."""
    atoms = Atoms("O2", [[0, 0, 0], [0, 0, 1.2]])
    atoms.set_array("kind", np.array(["a", label]))
    with pytest.raises(InputError, match=f"array 'kind': '{label}' for atom 1; expected one word"):
        write_structure(tmp_path / "a.xyz", atoms)


def test_what_a_format_leaves_out_is_said(tmp_path, capsys):
    for name, words in (("a.vasp", "not in this format: the labels"), ("a.xyz", None)):
        with pytest.raises(SystemExit):
            main(["build", "crystal", "ZnS", "-o", str(tmp_path / name)])
        said = capsys.readouterr().out
        assert (words is None) == ("not in this format" not in said)


def test_a_site_that_is_not_the_adsorbates_is_told(tmp_path):
    text = """\
heterodot: 1
title: t
systems:
  named: &held
    build: &steps
      - pyramid: {crystal: CuInS2, base: 2, truncate_corners: true}
      - passivate: H
      - add_adsorbate: {site: {element: Cu}, adsorbate: CO2}
    site: {element: Cu}
  plain: {build: *steps}
levels: {emt: {code: emt}}
questions: [relaxation: {}]
"""
    (tmp_path / "study.yaml").write_text(text)
    named, plain = Study.load(tmp_path / "study.yaml").systems.values()
    stands = provenance.details(plain.atoms)["adsorbate"]["site"]
    assert named.site != stands
    told = [n for n in provenance.notes(named.atoms) if f"CO2 stands on Cu{stands}" in n]
    assert len(told) == 1
    assert told[0].startswith(f"the site is Cu{named.site}")
    assert not [n for n in provenance.notes(plain.atoms) if "stands on" in n]
    level = Level("emt")
    assert Relax(named.atoms, level).key == Relax(plain.atoms, level).key
