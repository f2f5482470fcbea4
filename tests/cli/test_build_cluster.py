"""``heterodot build cluster`` and ``heterodot build guest`` from the command line."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write

from heterodot import provenance
from heterodot.cli import main


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code)


def test_a_magic_size_cluster(tmp_path, capsys):
    path = tmp_path / "c.xyz"
    assert _run("build", "cluster", "CdSe", "34", "-o", path) == 0
    atoms = read(path)
    assert atoms.get_chemical_formula() == "Cd34Se34"
    assert provenance.details(atoms)["cluster"]["form"] == "core-cage"
    assert "drum in the cage of 28" in capsys.readouterr().out


def test_dopants_go_to_numbered_files(tmp_path, capsys):
    assert _run("build", "cluster", "Cd6Se6", "--dopant", "Co:2", "-o", tmp_path / "d.xyz") == 0
    files = sorted(tmp_path.glob("d-*.xyz"))
    assert [f.name for f in files] == ["d-1.xyz", "d-2.xyz", "d-3.xyz"]
    out = capsys.readouterr().out
    assert sorted(int(line.split()[0]) for line in out.splitlines() if "equivalent" in line) == [
        3, 6, 6,
    ]  # fmt: skip
    assert read(files[0]).get_initial_magnetic_moments().sum() == 6


def test_an_anion_with_co2(tmp_path, capsys):
    path = tmp_path / "cu.xyz"
    words = ("build", "cluster", "Cu", "6", "--charge", "-1", "--adsorbate", "CO2", "-o", path)
    assert _run(*words) == 0
    assert provenance.total_charge(read(path)) == -1
    assert "197 electrons (odd" in capsys.readouterr().out


def test_a_tetrahedron(tmp_path):
    path = tmp_path / "t.xyz"
    words = ("build", "cluster", "CdSe", "--layers", "3", "--passivate", "Cl", "-o", path)
    assert _run(*words) == 0
    assert read(path).get_chemical_formula() == "Cd10Cl12Se4"


def test_a_guest(tmp_path, capsys):
    steps = np.arange(8) / 8
    points = np.unique(np.vstack([np.outer(steps, e) for e in np.eye(3)]), axis=0)
    host = Atoms("C" * len(points), scaled_positions=points, cell=[14, 14, 14], pbc=True)
    write(tmp_path / "host.cif", host)
    assert _run("build", "cluster", "Cd6Se6", "-o", tmp_path / "c.xyz") == 0
    files = (tmp_path / "c.xyz", tmp_path / "host.cif")
    assert _run("build", "guest", *files, "-o", tmp_path / "g.xyz") == 0
    assert len(read(tmp_path / "g.xyz")) == len(host) + 12
    capsys.readouterr()
    assert _run("build", "guest", *files, "--centre", "0,0,0", "-o", tmp_path / "h.xyz") == 2
    assert "best clearance found" in capsys.readouterr().err


def test_a_cluster_on_a_slab(tmp_path, capsys):
    cluster, support = tmp_path / "c.xyz", tmp_path / "s.xyz"
    assert _run("build", "cluster", "Cu", "4", "-o", cluster) == 0
    assert (
        _run("build", "slab", "MoS2", "001", "--layers", "1", "--repeat", "4x4", "-o", support) == 0
    )
    made = tmp_path / "g.xyz"
    assert _run("build", "guest", cluster, support, "--centre", "surface", "-o", made) == 0
    assert "4 of its 4 atoms are bonded" in capsys.readouterr().out
    assert len(read(made)) == 4 + 48


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("CdSe", "5"), "4 to 40 without 5"),
        (("CdSe",), "without n"),
        (("Cu",), "expected the number of atoms"),
        (("CdSe", "12", "--charge", "1"), "--charge: not for"),
        (("Cu", "6", "--dopant", "Mn"), "--dopant: not for"),
        (("Cu", "6", "--site", "1"), "--site: not for"),
        (("CdSe", "12", "--layers", "3"), "a number: not for"),
        (("CdSe", "12", "--passivate", "Cl"), "--passivate: not for"),
        (("CdSe", "12", "--dopant", "Mn:x"), "whole numbers"),
        (("Cu", "6", "--adsorbate", "CO"), "expected CO2"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(words, message, tmp_path, capsys):
    assert _run("build", "cluster", *words, "-o", tmp_path / "x.xyz") == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
