"""Formal charges, compositions and renamed options on the command line: one word, one grammar."""

import json
import re

import numpy as np
import pytest
from ase.build import bulk
from ase.io import read, write
from ase.spacegroup import crystal as from_sites

from heterodot.cli import main


def _run(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return left.value.code, out, err


@pytest.fixture
def hematite(tmp_path):
    path = tmp_path / "fe2o3.cif"
    sites = [(0, 0, 0.3553), (0.3059, 0, 0.25)]
    write(path, from_sites(["Fe", "O"], sites, spacegroup=167,
                           cellpar=[5.038, 5.038, 13.772, 90, 90, 120]))  # fmt: skip
    return path


@pytest.fixture
def odd(tmp_path):
    """A crystal no oxidation states of which balance."""
    path = tmp_path / "odd.cif"
    write(path, bulk("XeF", "rocksalt", a=4.0, cubic=True))
    return path


def test_a_slab_of_hematite_is_neutral_and_says_the_guess(capsys, hematite, tmp_path):
    words = ("build", "slab", hematite, "001", "--layers", 4, "-o", tmp_path / "s.xyz")
    code, out, _ = _run(capsys, *words)
    assert code == 0
    assert "guessed from the composition (pymatgen" in out
    assert read(tmp_path / "s.xyz").arrays["formal_charge"].sum() == 0
    code, out, _ = _run(capsys, *words, "--charges", "Fe=2,O=-2")
    assert code == 0
    assert "the crystal's own formal charges do not balance" in out


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        (("build", "crystal"), ()),
        (("build", "slab"), ("100",)),
        (("build", "terminations"), ("100",)),
        (("enumerate",), ("--defect", "V_Xe")),
    ],
)
def test_the_advice_of_an_error_can_be_followed(capsys, odd, tmp_path, command, rest):
    output = ("-o", tmp_path / ("out" if command == ("enumerate",) else "o.xyz"))
    code, _, err = _run(capsys, *command, odd, *rest, *output)
    assert code == 2
    assert "--charges" in err
    assert err.count("\n") == 1
    assert _run(capsys, *command, odd, *rest, *output, "--charges", "Xe=1,F=-1")[0] == 0


def test_an_interface_takes_charges_of_each_side(capsys, odd, tmp_path):
    words = ("build", "interface", odd, "Cu", "--film-miller", "100", "--substrate-miller", "100",
             "--film-layers", 2, "--substrate-layers", 2, "--max-strain", 0.1, "--max-area", 60,
             "--grid", "2x2", "-o", tmp_path / "i.xyz")  # fmt: skip
    assert "--film-charges" in _run(capsys, *words)[2]
    assert _run(capsys, *words, "--film-charges", "Xe=1,F=-1")[0] == 0
    assert set(read(tmp_path / "i.xyz").arrays["formal_charge"]) == {-1, 0, 1}


def test_matching_needs_no_charges(capsys, odd):
    words = ("match", odd, "Cu", "--film-miller", "100", "--substrate-miller", "100")
    assert _run(capsys, *words, "--max-strain", 0.1, "--max-area", 60)[0] == 0


def test_charges_that_cannot_be_read_are_shown(capsys, hematite, tmp_path):
    for text, said in (("Fe", "Fe=3,O=-2"), ("Fe=3,Fe=2", "twice"), ("Zn=2", "holds Fe, O")):
        code, _, err = _run(capsys, "build", "crystal", hematite, "-o", tmp_path / "c.xyz",
                            "--charges", text)  # fmt: skip
        assert code == 2
        assert said in err


def test_a_study_step_takes_charges(capsys, odd, tmp_path):
    step = f"crystal: {{source: {odd}, formal_charges: {{Xe: 1, F: -1}}}}"
    words = ("build", "steps", step, "slab: {miller: [1, 0, 0], layers: 3}")
    assert _run(capsys, *words, "-o", tmp_path / "s.xyz")[0] == 0


def test_planes_are_miller_and_the_old_name_still_works(capsys, tmp_path):
    rest = ("--substrate-miller", "001", "--film-layers", 2, "--substrate-layers", 2, "--grid",
            "2x2", "-o", tmp_path / "i.xyz")  # fmt: skip
    code, _, err = _run(capsys, "build", "interface", "CdS", "ZnS", "--film-plane", "001", *rest,
                        "--max-strain", 0.1)  # fmt: skip
    assert code == 0
    assert "--film-plane is now --film-miller" in err
    code, _, err = _run(capsys, "build", "interface", "CdS", "ZnS", "--film-plane", "001",
                        "--film-miller", "001", *rest)  # fmt: skip
    assert code == 2
    usage = _run(capsys, "build", "interface", "--help")[1]
    assert not re.search(r"--film-plane\b", usage)


@pytest.mark.parametrize("fill", ["Cu=8,In=8,Zn=4", "Cu=0.4,In=0.4,Zn=0.2"])
def test_fill_takes_the_grammar_of_composition(capsys, tmp_path, fill):
    path = tmp_path / "d.xyz"
    assert _run(capsys, "build", "pyramid", "--base", 4, "--fill", fill, "-o", path)[0] == 0
    symbols = np.array(read(path).get_chemical_symbols())
    assert [(symbols == s).sum() for s in ("Cu", "In", "Zn")] == [8, 8, 4]
    step = f"fill_cations: '{fill}'"
    assert (
        _run(capsys, "build", "steps", "pyramid: {crystal: CuInS2, base: 4}", step, "-o", path)[0]
        == 0
    )


def test_mirror_images_are_told_apart_on_request(capsys, tmp_path):
    cube = tmp_path / "cube.xyz"
    corners = [(x, y, z) for x in (0, 3) for y in (0, 3) for z in (0, 3)]
    from ase import Atoms

    write(cube, Atoms("Cu8", positions=corners))
    words = ("enumerate", cube, "--defect", "V_Cu", "--count", 4)
    assert _run(capsys, *words)[1].startswith("6 distinct of 70")
    assert _run(capsys, *words, "--rotations-only")[1].startswith("7 distinct of 70")


def test_matches_in_supercells_are_listed_and_built(capsys, tmp_path):
    words = ("match", "Cu", "Ag", "--film-miller", "100", "--substrate-miller", "100",
             "--max-area", 140, "--max-strain", 0.12, "-o", tmp_path / "m.json")  # fmt: skip
    counts = []
    for extra in ((), ("--supercells",)):
        assert _run(capsys, *words, *extra)[0] == 0
        counts.append(json.loads((tmp_path / "m.json").read_text())["n_matches"])
    assert counts[1] > counts[0]
    # a rank that only exists among the supercells can be built
    build = ("build", "interface", "Cu", "Ag", "--film-miller", "100", "--substrate-miller", "100",
             "--max-area", 140, "--max-strain", 0.12, "--rank", counts[1], "--grid", "1x1",
             "--film-layers", 1, "--substrate-layers", 1, "-o", tmp_path / "i.xyz")  # fmt: skip
    assert _run(capsys, *build)[0] == 2
    assert _run(capsys, *build, "--supercells")[0] == 0


def test_a_core_shell_dot_takes_charges(capsys, tmp_path):
    """CrAs has other states by itself, Cr 3+; the shell keeps what is not named."""
    crystal = tmp_path / "cras.cif"
    write(crystal, bulk("CrAs", "zincblende", a=5.65, cubic=True))
    words = ("build", "core-shell", "--core", crystal, "--shell", "ZnSe:1ml", "--radius", 6, "-o",
             tmp_path / "d.xyz")  # fmt: skip
    assert _run(capsys, *words, "--charges", "Cr=2,As=-2,Zn=2")[0] == 0
    dot = read(tmp_path / "d.xyz")
    carried = {s: {dot.arrays["formal_charge"][i] for i in range(len(dot)) if dot.symbols[i] == s}
               for s in set(dot.symbols)}  # fmt: skip
    assert carried == {"Cr": {2}, "As": {-2}, "Zn": {2}, "Se": {-2}}
    code, _, err = _run(capsys, *words, "--charges", "Fe=2")
    assert (code, err.count("\n")) == (2, 1)
    assert "no Fe" in err
    step = f"core_shell: {{core: {crystal}, radius: 6, formal_charges: {{Cr: 2, As: -2}}}}"
    assert _run(capsys, "build", "steps", step, "-o", tmp_path / "s.xyz")[0] == 0
    assert set(read(tmp_path / "s.xyz").arrays["formal_charge"]) == {2, -2}


def test_a_tetrahedral_cluster_takes_charges(capsys, odd, tmp_path):
    path = tmp_path / "zb.cif"
    write(path, bulk("XeF", "zincblende", a=4.5, cubic=True))
    words = ("build", "cluster", path, "--layers", 3, "-o", tmp_path / "t.xyz")
    code, _, err = _run(capsys, *words)
    assert code == 2
    assert "--charges" in err
    assert _run(capsys, *words, "--charges", "Xe=1,F=-1")[0] == 0
    code, _, err = _run(capsys, "build", "cluster", "Cu", 4, "-o", tmp_path / "t.xyz", "--charges",
                        "Cu=1")  # fmt: skip
    assert code == 2
    assert "--charges" in err


@pytest.mark.parametrize(("piece", "option"), [("cuboid", "--cuboid-charges"),
                                               ("cap", "--cap-charges")])  # fmt: skip
def test_a_janus_names_its_own_options(capsys, odd, tmp_path, piece, option):
    words = ("build", "janus", f"--{piece}", odd, "-o", tmp_path / "j.xyz")
    code, _, err = _run(capsys, *words)
    assert (code, err.count("\n")) == (2, 1)
    assert option in err
    assert "line --charges" not in err
    assert f"{'a' if piece == 'cuboid' else 'b'}_formal_charges=" in err


def test_a_command_without_the_option_does_not_name_it(capsys, odd, tmp_path):
    step = f"crystal: {{source: {odd}}}"
    code, _, err = _run(capsys, "build", "steps", step, "-o", tmp_path / "s.xyz")
    assert (code, err.count("\n")) == (2, 1)
    assert "give formal_charges={element: charge}" in err
    assert "--charges" not in err


def test_the_note_of_an_interface_names_its_options(capsys, tmp_path):
    path = tmp_path / "nacl.cif"
    write(path, bulk("NaCl", "rocksalt", a=5.6, cubic=True))
    words = ("build", "interface", path, "Ag", "--film-miller", "100", "--substrate-miller", "100",
             "--film-layers", 2, "--substrate-layers", 2, "--max-strain", 0.1, "--max-area", 70,
             "--grid", "2x2", "--film-charges", "Na=2,Cl=-1", "-o", tmp_path / "i.xyz")  # fmt: skip
    code, out, err = _run(capsys, *words)
    assert code == 0, err
    assert "do not balance" in out
    assert "film_formal_charges={element: charge}" in out
    assert "--film-charges" in out
    assert "line --charges" not in out
