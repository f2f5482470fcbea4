"""``heterodot lattice``: a crystal at a level, in a file that the other commands take."""

import pytest

from heterodot.cli import main


def call(capsys, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return left.value.code, out, err


def test_a_file_that_a_match_takes(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("Cu", "Ag"):
        code, out, _ = call(capsys, "lattice", name, "--level", "emt", "-o", f"{name}.xyz")
        assert code == 0
        assert "C11 = " in out
        assert "lattice and elastic constants of EMT" in out
    planes = ["--film-miller", "100", "--substrate-miller", "100", "--max-area", "60"]
    code, out, _ = call(
        capsys, "match", "Cu.xyz", "Ag.xyz", *planes, "--max-strain", "0.15",
        "--strained", "elastic",
    )  # fmt: skip
    assert code == 0
    assert "film: lattice EMT; elastic constants EMT" in out


def test_a_level_without_the_elements_is_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = call(capsys, "lattice", "ZnS", "--level", "emt", "-o", "x.xyz")
    assert (code, err.count("\n")) == (2, 1)
    assert "no parameters for S, Zn" in err
    assert not (tmp_path / "x.xyz").exists()
