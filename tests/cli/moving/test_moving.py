"""``heterodot dynamics`` and ``gap-along``: a trajectory in a file, and gaps along it."""

import pytest
from ase import Atoms
from ase.io import read, write

from heterodot.cli import main


def call(capsys, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return left.value.code, out, err


def moved(capsys, *more: str) -> tuple[int, str, str]:
    return call(
        capsys, "dynamics", "pair.xyz", "--level", "emt", "--steps", "20", "--timestep", "4",
        "--ensemble", "nve", "--no-relax", "-o", "moved.xyz", *more,
    )  # fmt: skip


def test_a_trajectory_and_gaps_along_it(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("pair.xyz", Atoms("Cu2", [(0, 0, 0), (0, 0, 2.22)]))
    code, out, _ = moved(capsys)
    assert code == 0
    assert "0.08 ps (nve)" in out
    assert "moved.xyz: 21 frames" in out
    assert len(read("moved.xyz", ":")) == 21
    assert (tmp_path / "dynamics-store" / "store.json").exists()
    code, out, _ = call(capsys, "gap-along", "moved.xyz", "--level", "gfn1-xtb", "-o", "gaps.csv")
    assert code == 0
    assert "pure dephasing" in out
    assert "flag short-trajectory" in out
    rows = (tmp_path / "gaps.csv").read_text().splitlines()
    assert rows[0] == "time (fs),gap (eV)"
    assert len(rows) == 22
    assert rows[2].startswith("4,")


def test_what_cannot_be_followed_is_one_line_and_nothing_is_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("pair.xyz", Atoms("Cu2", [(0, 0, 0), (0, 0, 2.22)]))
    for more, said in (
        (["--timestep", "40"], "Cu vibrates in"),
        (["-o", "moved.txt"], "expected a name that ends in .xyz"),
        (["--every", "0"], "every 0"),
        (["-o", "gone/moved.xyz"], "gone"),
    ):
        code, _, err = moved(capsys, *more)
        assert (code, err.count("\n")) == (2, 1), err
        assert said in err
    write("few.xyz", [Atoms("Cu2", [(0, 0, 0), (0, 0, 2.22 + 0.01 * k)]) for k in range(5)])
    code, _, err = call(capsys, "gap-along", "few.xyz", "--level", "gfn1-xtb")
    assert (code, err.count("\n")) == (2, 1)
    assert "does not say its times: give interval (fs)" in err
    code, _, err = call(capsys, "gap-along", "few.xyz", "--level", "gfn1-xtb", "--interval", "1")
    assert (code, err.count("\n")) == (2, 1)
    assert "5 frames, expected 16 or more" in err
