"""``heterodot enumerate`` and ``heterodot build alloy``."""

import json

import pytest
from ase.io import read

from heterodot.cli import main
from heterodot.structures import crystal, pyramid, warren_cowley
from heterodot.structures.crystals.writing import write_structure


def call(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return left.value.code, out, err


@pytest.fixture
def dot(tmp_path):
    path = tmp_path / "dot.xyz"
    write_structure(path, pyramid(crystal("CuInS2"), 4))
    return path


def test_counts_and_lists(capsys, dot):
    code, out, _ = call(capsys, "enumerate", dot, "--defect", "V_Cu", "--count", 2, "--show", 1)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "25 distinct of 45 configurations under 2 symmetry operations"
    assert any("V_Cu'@" in line for line in lines)
    assert lines[-1] == "  … 24 more (--show)"


def test_compounds_are_written_with_a_table(capsys, dot, tmp_path):
    folder = tmp_path / "out"
    code, out, _ = call(
        capsys, "enumerate", dot, "--defect", "V_Cu", "--defect", "In_Cu••",
        "--count", "0-2", "--count", "1", "--charge", 0, "-o", folder,
    )  # fmt: skip
    assert code == 0
    assert out.splitlines()[-1].endswith("180 structures and configurations.json")
    table = json.loads((folder / "configurations.json").read_text())
    assert (table["n_orbits"], table["n_configurations"]) == (180, 360)
    assert sum(c["multiplicity"] for c in table["configurations"]) == 360
    atoms = read(folder / table["configurations"][7]["file"])
    assert atoms.get_chemical_formula() == "Cu7In11S35"
    assert atoms.info["heterodot"]["charge"] == 0
    code, _, err = call(capsys, "enumerate", dot, "--defect", "V_Cu", "-o", folder)
    assert code == 2
    assert "expected a new one" in err


def test_a_sample_of_too_many(capsys, dot, tmp_path):
    asked = ["enumerate", dot, "--composition", "Cu=8,In=10,vacancy=2"]
    code, _, err = call(capsys, *asked)
    assert code == 2
    assert "4157640 distinct" in err
    assert "sample" in err
    folder = tmp_path / "sample"
    code, out, _ = call(capsys, *asked, "--sample", 3, "--seed", 2, "-o", folder)
    assert code == 0
    assert "3 drawn, uniform over orbits" in out
    assert len(list(folder.glob("*.xyz"))) == 3
    code, again, _ = call(capsys, *asked, "--sample", 3, "--seed", 2)
    assert again.splitlines() == out.splitlines()[:-1]


def test_a_crystal_by_name(capsys):
    code, out, _ = call(
        capsys, "enumerate", "ZnS", "--defect", "V_Zn", "--count", 2, "--supercell", "2x2x2",
        "--neighbours", "together",
    )  # fmt: skip
    assert code == 0
    assert out.startswith("5 distinct of 496 configurations under 768 symmetry operations; 1 pass")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either --defect"),
        (["--defect", "V_Cu", "--composition", "Cu=1"], "either --defect"),
        (["--defect", "V_Cu", "--count", "x"], "a range as 0-2"),
        (["--defect", "V_Cu", "--count", "-1"], "0 or more"),
        (["--defect", "V_Cu", "--count", "1", "--count", "2"], "one each"),
        (["--defect", "V_Cu", "--defect", "V_Cu"], "twice"),
        (["--defect", "V_Cu", "--count", "11"], "more defects than sites"),
        (["--defect", "V_Qq"], "not an element"),
        (["--composition", "Cu:1"], "expected '8/12'"),
        (["--composition", "Cu=a"], "expected 'Cu=8"),
        (["--composition", "Cu=10,Cu=10"], "twice"),
        (["--composition", "Cu=10,In=10", "--count", "1"], "goes with --defect"),
        (["--defect", "V_Cu", "--supercell", "2x2"], "2x2x1"),
        (["--defect", "V_Cu", "--supercell", "2"], "periodic"),
        (["--defect", "V_Cu", "--neighbours", "near"], "together or apart"),
        (["--defect", "V_Cu", "--count", "3", "--limit", "10"], "limit of 10"),
    ],
)
def test_one_line_for_bad_requests(capsys, dot, arguments, message):
    code, out, err = call(capsys, "enumerate", dot, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_build_alloy_orders_a_dot(capsys, dot, tmp_path):
    out_file = tmp_path / "ordered.xyz"
    code, out, _ = call(
        capsys, "build", "alloy", dot, "--target", "Cu-In=-,0.2", "--seed", 3, "-o", out_file
    )
    assert code == 0
    assert "(target +0.2)" in out
    assert warren_cowley(read(out_file), 2).of("Cu", "In", 2) == pytest.approx(0.2, abs=0.05)


def test_build_alloy_fills_a_crystal(capsys, tmp_path):
    pytest.importorskip("sqsgenerator")
    out_file = tmp_path / "sqs.xyz"
    code, out, _ = call(
        capsys, "build", "alloy", "CuInS2", "--supercell", "2x2x1", "--composition",
        "Cu=0.375,In=0.375,Zn=0.25", "--iterations", 500, "-o", out_file,
    )  # fmt: skip
    assert code == 0
    assert "largest |α| of unlike species" in out
    assert read(out_file).get_chemical_formula() == "Cu12In12S32Zn8"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected --composition"),
        (["--composition", "8/12"], "a dot needs --target"),
        (["--target", "Cu-In"], "such as Cu-In=-0.2,0.1"),
        (["--target", "Cu-In=x"], "such as Cu-In=-0.2,0.1"),
        (["--target", "Cu-Pb=0"], "a pair of Cu, In"),
        (["--target", "Cu-In=2"], "at most 1"),
    ],
)
def test_one_line_for_bad_alloys(capsys, dot, tmp_path, arguments, message):
    code, out, err = call(capsys, "build", "alloy", dot, *arguments, "-o", tmp_path / "x.xyz")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
