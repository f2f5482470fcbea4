"""``heterodot build core-shell``: the whole chain, and one line for what cannot be built."""

from __future__ import annotations

import numpy as np
import pytest
from ase.io import read

from heterodot.cli import main


def call(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["build", "core-shell", *(str(a) for a in arguments)])
    out, err = capsys.readouterr()
    return left.value.code, out, err


def test_a_dot_with_all_that_belongs_to_it(capsys, tmp_path):
    path = tmp_path / "dot.xyz"
    code, out, err = call(
        capsys, "--radius", 7, "--shell", "ZnSe:1ml", "--shell", "ZnSe>ZnS:4A",
        "--shell", "ZnS:1ml", "--lattice", "relaxed", "--core-termination", "cation",
        "--oxide", 0.4, "--halide", "Cl:0.5", "--ligand", "ZnBr2:0.5", "-o", path,
    )  # fmt: skip
    assert (code, err) == (0, "")
    dot = read(path)
    domains = {"InP", "ZnSe", "ZnSeS", "ZnS", "oxide", "halide", "ligand"}
    assert set(dot.arrays["domain"]) == domains
    assert "In–Cl" in out
    assert "strain energy" in out
    oxide, halide = ((dot.arrays["domain"] == d).sum() for d in ("oxide", "halide"))
    assert abs(int(oxide) - int(halide)) <= 1
    assert f"{np.sum(dot.arrays['formal_charge']):+g} (not balanced)" in out


def test_a_bare_core_by_diameter(capsys, tmp_path):
    code, out, _ = call(
        capsys, "--core", "CdSe", "--diameter", 16, "--shape", "tetrahedron",
        "-o", tmp_path / "dot.xyz",
    )  # fmt: skip
    assert code == 0
    assert "core CdSe" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "radius or diameter"),
        (["--radius", "nan"], "radius"),
        (["--radius", "8", "--shell", "ZnS"], "ZnSe:2ml"),
        (["--radius", "8", "--shell", "ZnX:1ml"], "did you mean"),
        (["--radius", "8", "--halide", "Cl"], "has none"),
        (["--radius", "8", "--ligand", "ZnCl2:half"], "--ligand"),
        (["--radius", "8", "--ligand", "ZnCl2:1.5"], "coverage"),
        (["--radius", "8000"], "memory"),
    ],
)
def test_what_cannot_be_built_is_one_line_and_code_2(capsys, tmp_path, arguments, words):
    code, out, err = call(capsys, *arguments, "-o", tmp_path / "dot.xyz")
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "dot.xyz").exists()
