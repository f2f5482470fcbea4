"""``heterodot build interface``, ``slab`` and ``terminations``."""

from __future__ import annotations

import json

import pytest
from ase.io import read
from ase.spacegroup import crystal as spacegroup_crystal

from heterodot.cli import main


def run(capsys, *arguments):
    """Return exit code, output and errors of a command."""
    with pytest.raises(SystemExit) as left:
        main(["build", *map(str, arguments)])
    out, err = capsys.readouterr()
    return left.value.code, out, err


def test_terminations_are_listed(capsys, tmp_path):
    path = tmp_path / "t.json"
    code, out, _ = run(capsys, "terminations", "CsPbBr3", "pseudo-cubic:(100)", "-o", path)
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines()] == ["0 PbBr2", "1 CsBr"]
    assert [t["name"] for t in json.loads(path.read_text())] == ["PbBr2", "CsBr"]


def test_planes_of_a_rumpled_layer(capsys, tmp_path):
    """Pb and Br of CsPbBr3 (110) are one layer of three planes or more, parted if asked."""
    assert len(run(capsys, "terminations", "CsPbBr3", "110")[1].splitlines()) == 2
    code, out, _ = run(capsys, "terminations", "CsPbBr3", "110", "--planes")
    assert code == 0
    assert len(out.splitlines()) > 4
    assert not {"PbBr2", "CsBr"} & {line.split(":")[0].split()[1] for line in out.splitlines()}
    path = tmp_path / "slab.xyz"
    options = ["--layers", "8", "--planes", "--termination", "0", "-o", path]
    assert run(capsys, "slab", "CsPbBr3", "110", *options)[0] == 0
    assert path.exists()


def test_the_single_aluminium_face_of_alumina_is_offered(capsys, tmp_path):
    """The (0001) face of Al2O3: one Al of the double layer, without a dipole (Tasker type 2)."""
    path = tmp_path / "al2o3.cif"
    basis, cell = [(0, 0, 0.35216), (0.30624, 0, 0.25)], [4.7589, 4.7589, 12.991, 90, 90, 120]
    spacegroup_crystal(("Al", "O"), basis, spacegroup=167, cellpar=cell).write(path)
    code, out, _ = run(capsys, "terminations", path, "001")
    assert code == 0
    (line,) = [line for line in out.splitlines() if "inside a layer" in line]
    assert "layer charge +3 e, not polar" in line
    name = line.split(":")[1].split(",")[0].strip()
    assert "inside a layer" not in run(capsys, "terminations", path, "001", "--planes")[1]
    options = ["--layers", "9", "--planes", "--termination", name, "-o", tmp_path / "s.xyz"]
    code, out, _ = run(capsys, "slab", path, "001", *options)
    assert code == 0
    assert "Al6O9" in out
    assert "not polar (Tasker type 2" in out
    for other in (("CdS", "111"), ("CsPbBr3", "110")):  # no such face; not polar already
        assert "inside a layer" not in run(capsys, "terminations", *other)[1]


def test_slab_is_written(capsys, tmp_path):
    path = tmp_path / "s.xyz"
    code, out, _ = run(
        capsys, "slab", "CdS", "111", "--layers", 8, "--repeat", "2x2", "--polarity", "compensate",
        "-o", path,
    )  # fmt: skip
    assert code == 0
    assert "1 of 4 Cd moved" in out
    assert len(read(path)) == 32


def test_interface_is_written(capsys, tmp_path):
    path = tmp_path / "i.xyz"
    code, out, _ = run(
        capsys, "interface", "CsPbBr3-cubic", "CdS", "--film-miller", "001", "--substrate-miller",
        "(001)", "--film-layers", 2, "--substrate-layers", 2, "--film-termination", "PbBr2",
        "--substrate-termination", "1", "--shift", "0.5,0", "--grid", "2x2", "-o", path,
    )  # fmt: skip
    assert code == 0
    assert "PbBr2 on S" in out
    made = read(path)
    assert made.get_chemical_formula() == "Br3Cd2CsPbS2"
    assert set(made.arrays["domain"]) == {"film", "substrate"}
    assert "across, shortest " in out


def test_an_interface_that_nothing_holds_is_written_and_said(capsys, tmp_path):
    code, out, _ = run(
        capsys, "interface", "MoS2", "MoS2", "--film-plane", "001", "--substrate-plane", "001",
        "--film-layers", 1, "--substrate-layers", 1, "-o", tmp_path / "m.xyz",
    )  # fmt: skip
    assert code == 0
    assert "unbonded: nothing holds the pieces together: 0 bonds across" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("slab", "CdS", "000"), "no plane"),
        (("slab", "CdS", "111", "--repeat", "2"), "two whole numbers"),
        (("slab", "CdS", "111", "--termination", "Zn"), "expected one of Cd, S"),
        (("slab", "CdS", "111", "--thickness", 0), "thickness 0"),
        (("interface", "CdS", "ZnS", "--film-miller", "001", "--substrate-miller", "001",
          "--shift", "a,b"), "expected numbers"),
        (("interface", "CdS", "ZnS", "--film-miller", "001", "--substrate-miller", "001",
          "--max-area", 20, "--max-strain", 0.001), "raise max_area or max_strain"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_two(capsys, tmp_path, arguments, words):
    code, _, err = run(capsys, *arguments, "-o", tmp_path / "x.xyz")
    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x.xyz").exists()
