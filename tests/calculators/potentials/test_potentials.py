"""Potentials: weights by name and by file, devices, what they cannot know, one load a process."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level
from heterodot.calculators.potentials.calculator import forget_models, model_loads
from heterodot.data.species.table import SPECIES
from heterodot.errors import CapabilityError, LevelError, MissingDependencyError, RefusedError
from heterodot.own_files import own_path
from heterodot.provenance import with_charge
from heterodot.structures import add_adsorbate, crystal, passivate, pyramid
from heterodot.structures import molecule as our_molecule
from heterodot.structures.crystals.table import CRYSTALS
from heterodot.workflows import Runner
from heterodot.workflows.tasks.tasks import Relax, SinglePoint

COPPER = bulk("Cu", cubic=True)


@pytest.fixture(scope="module")
def random_chgnet(tmp_path_factory) -> Path:
    """A small CHGNet nobody has trained."""
    torch = pytest.importorskip("torch")
    from chgnet.model.model import CHGNet

    torch.manual_seed(3)
    network = CHGNet(
        atom_fea_dim=8, bond_fea_dim=8, angle_fea_dim=8, num_radial=5, num_angular=5, n_conv=2,
        atom_conv_hidden_dim=8, bond_conv_hidden_dim=8, mlp_hidden_dims=[8],
        composition_model=None,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("weights") / "mine.pth.tar"
    torch.save({"model": network.as_dict()}, path)
    return path


@pytest.fixture
def own_folder():
    folder = Path(own_path("models"))
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


def energy(level: Level, atoms: Atoms) -> float:
    fresh = atoms.copy()
    fresh.calc = level.calculator(fresh)
    return float(fresh.get_potential_energy())


@pytest.mark.mlip
def test_a_file_of_ones_own_is_read_and_known_by_its_content(random_chgnet, tmp_path):
    level = Level("chgnet", overrides={"model": str(random_chgnet)})
    assert level.label == "CHGNet mine.pth.tar"
    found = energy(level, COPPER)
    assert found != pytest.approx(energy(Level("chgnet"), COPPER), abs=0.1)
    moved = tmp_path / "elsewhere.pth.tar"
    shutil.copy(random_chgnet, moved)
    same = Level("chgnet", overrides={"model": str(moved)})
    assert energy(same, COPPER) == found
    assert SinglePoint(COPPER, same).key == SinglePoint(COPPER, level).key
    other = tmp_path / "other.pth.tar"
    other.write_bytes(random_chgnet.read_bytes() + b" ")
    third = Level("chgnet", overrides={"model": str(other)})
    assert SinglePoint(COPPER, third).key != SinglePoint(COPPER, level).key


@pytest.mark.mlip
@pytest.mark.parametrize("release", ["0.2.0", "0.3.0", "r2scan"])
def test_a_release_of_chgnet_is_what_its_package_reads(release):
    """That of 0.2.0 has biases the later ones have not, and its file does not say so."""
    from chgnet.model.model import CHGNet
    from pymatgen.io.ase import AseAtomsAdaptor

    zns = bulk("ZnS", "zincblende", a=5.4)
    zns.rattle(0.03, seed=1)
    network = CHGNet.load(model_name=release, use_device="cpu", verbose=False)
    theirs = network.predict_structure(AseAtomsAdaptor.get_structure(zns))["e"] * len(zns)
    ours = Level("chgnet", overrides={"model": release})
    assert energy(ours, zns) == pytest.approx(float(theirs), abs=1e-4)


def test_a_superseded_release_says_so_and_is_not_validated_by_itself():
    level = Level("chgnet", overrides={"model": "0.2.0"})
    assert "CHGNet 0.2.0 is superseded by 0.3.0" in level.caveats(COPPER)
    models = {each["model"] for each in level.implementation.variants()}
    assert models <= {"0.3.0", "r2scan"}


@pytest.mark.mlip
def test_a_study_names_files_in_the_users_own_folder_only(random_chgnet, own_folder):
    chgnet = Level("chgnet").implementation
    complaint = chgnet.study_complaint({"model": str(random_chgnet)})
    assert str(own_folder) in complaint
    assert "'mine.pth.tar'" in complaint
    shutil.copy(random_chgnet, own_folder / "mine.pth.tar")
    assert not chgnet.study_complaint({"model": "mine.pth.tar"})
    named = Level("chgnet", overrides={"model": "mine.pth.tar"})
    given = Level("chgnet", overrides={"model": str(random_chgnet)})
    assert energy(named, COPPER) == energy(given, COPPER)
    (own_folder / "mine.pth.tar").chmod(0o666)
    with pytest.raises(LevelError, match="others may write it"):
        Level("chgnet", overrides={"model": "mine.pth.tar", "device": "cpu"})


def test_where_it_runs_is_not_what_it_calculates():
    plain, there = Level("sevennet"), Level("sevennet", overrides={"device": "cuda"})
    assert SinglePoint(COPPER, plain).key == SinglePoint(COPPER, there).key
    large = Level("sevennet", overrides={"model": "7net-l3i5"})
    assert SinglePoint(COPPER, plain).key != SinglePoint(COPPER, large).key


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"model": "7net-o"}, "did you mean '7net-0'"),
        ({"model": "/nowhere/my.pth"}, "no file"),
        ({"device": "gpu"}, "one of auto, cpu, cuda"),
        ({"dtype": "float64"}, "one of float32"),
        ({"functional": "R2SCAN"}, "7net-mf-0"),
        ({"functional": "B3LYP"}, "PBE, R2SCAN"),
        ({"modal": "PBE"}, "unknown keyword 'modal'"),
    ],
)
def test_a_wrong_setting_is_one_line(overrides, said):
    with pytest.raises(LevelError, match=said) as raised:
        Level("sevennet", overrides=overrides)
    assert "\n" not in str(raised.value)


def test_a_charge_and_an_unknown_element_are_refused():
    level = Level("sevennet")
    with pytest.raises(CapabilityError, match="this structure and the neutral one are the same"):
        level.check(with_charge(molecule("CO2"), -1))
    with pytest.raises(RefusedError, match="no parameters for Rn"):
        level.check(Atoms("RnCu", [[0, 0, 0], [0, 0, 2.8]]))
    with pytest.raises(RefusedError, match=r"200000 atoms need about 1200 GB"):
        level.check(Atoms("Cu200000", np.arange(600000.0).reshape(-1, 3)))
    assert any("not seen" in text for text in level.caveats(molecule("O2")))


@pytest.mark.mlip
def test_cuda_asked_for_and_absent_is_one_line():
    import torch

    if torch.cuda.is_available():
        assert energy(Level("chgnet", overrides={"device": "cuda"}), COPPER) < 0
        return
    with pytest.raises(RefusedError, match="no CUDA device here"):
        Level("chgnet", overrides={"device": "cuda"}).calculator(COPPER)


def test_what_is_not_installed_names_the_command(monkeypatch):
    from importlib.util import find_spec

    hidden = {"torch", "sevenn"}
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: name not in hidden and find_spec(name)
    )
    with pytest.raises(MissingDependencyError, match="make mlip, or pip install"):
        Level("sevennet").calculator(COPPER)


@pytest.mark.mlip
def test_weights_that_are_not_there_are_not_downloaded(monkeypatch, tmp_path):
    code = Level("chgnet").implementation
    monkeypatch.setattr(type(code), "_package_folder", lambda self: tmp_path)
    with pytest.raises(MissingDependencyError, match="heterodot downloads none"):
        Level("chgnet").calculator(COPPER)
    release = code.releases["0.3.0"]
    (tmp_path / release.file).parent.mkdir(parents=True)
    (tmp_path / release.file).write_bytes(b"half a download")
    with pytest.raises(LevelError, match=r"is not 0\.3\.0 as it was published"):
        Level("chgnet").calculator(COPPER)


@pytest.mark.mlip
def test_a_broken_file_is_one_line(tmp_path):
    path = tmp_path / "broken.pth"
    path.write_bytes(b"no weights")
    for code in ("chgnet", "sevennet"):
        level = Level(code, overrides={"model": str(path)})
        with pytest.raises(LevelError, match=r"broken\.pth: no weights") as raised:
            level.calculator(COPPER)
        assert "\n" not in str(raised.value)


@pytest.mark.mlip
def test_a_model_is_loaded_once_a_process(tmp_path):
    forget_models()
    level = Level("chgnet")
    with Runner(tmp_path / "store", executor="serial") as runner:
        for strain in (0.98, 1.0, 1.02):
            atoms = COPPER.copy()
            atoms.set_cell(COPPER.cell * strain, scale_atoms=True)
            runner.run(SinglePoint(atoms, level))
    assert model_loads() == 1
    first, second = (level.calculator(COPPER) for _ in range(2))
    assert first.model is second.model
    assert model_loads() == 1


@pytest.mark.mlip
def test_copper_has_the_lattice_constant_of_pbe():
    """PBE: 3.63 Å (P. Haas, F. Tran, P. Blaha, Phys. Rev. B 79, 085104 (2009))."""
    lengths = np.linspace(3.5, 3.75, 6)
    energies = [energy(Level("sevennet"), bulk("Cu", a=a)) for a in lengths]
    fitted = np.polynomial.Polynomial.fit(lengths, energies, 3).deriv().roots()
    least = min(fitted.real, key=lambda a: abs(a - 3.63))
    assert least == pytest.approx(3.63, abs=0.02)


@pytest.mark.mlip
def test_what_was_never_trained_on_is_flagged(tmp_path):
    squeezed = Atoms("Cu2", [[0, 0, 0], [0, 0, 1.7]])
    assert [flag.name for flag in Level("sevennet").doubts(squeezed)] == ["out-of-domain"]
    assert not Level("emt").doubts(squeezed)
    with Runner(tmp_path, executor="serial") as runner:
        relaxed = runner.run(Relax(squeezed, Level("sevennet"), 0.05, 1))
    assert relaxed.doubts[0].name == "out-of-domain"
    assert "eV/Å" in relaxed.doubts[0].message


def test_dispersion_is_that_of_the_functional_it_was_trained_on():
    corrected = Level("sevennet", overrides={"dispersion": "d3bj"})
    assert corrected.label == "SevenNet 7net-0 + D3(BJ) for PBE"
    several = {"model": "7net-mf-0", "functional": "R2SCAN", "dispersion": "d4"}
    assert Level("sevennet", overrides=several).label.endswith("+ D4 for r2SCAN")
    assert Level("chgnet", overrides={"model": "r2scan", "dispersion": "d3bj"}).label.endswith(
        "D3(BJ) for r2SCAN"
    )
    assert SinglePoint(COPPER, corrected).key != SinglePoint(COPPER, Level("sevennet")).key
    none = Level("sevennet", overrides={"dispersion": "none"})
    assert SinglePoint(COPPER, none).key == SinglePoint(COPPER, Level("sevennet")).key


@pytest.mark.mlip
def test_what_exists_is_no_doubt():
    """The molecules and crystals of our tables, a dot and one with an adsorbate."""
    level = Level("sevennet")
    dot = passivate(pyramid(crystal("CuInS2"), 3))
    bare = pyramid(crystal("CuInS2"), 3, truncate_corners="apex", apex="Cu")
    covered = add_adsorbate(bare, int(np.flatnonzero(bare.symbols == "Cu")[-1]), "COOH")
    known = [*map(our_molecule, SPECIES), *map(crystal, CRYSTALS), dot, covered]
    doubted = {str(a.symbols): level.doubts(a)[0].message for a in known if level.doubts(a)}
    assert {formula for formula in doubted if len(formula) > 2} == set()
    assert all("no atom within" in text for text in doubted.values())  # lone atoms


@pytest.mark.mlip
def test_an_atom_that_sees_no_other_is_flagged_or_refused():
    far = Atoms("CuOH", [[0, 0, 0], [0, 0, 9.0], [0, 0, 9.97]])
    (flag,) = Level("sevennet").doubts(far)
    assert "Cu0 with no atom within 5 Å" in flag.message
    for lone in (Atoms("H"), far):
        with pytest.raises(RefusedError, match="no atom within 6 Å") as raised:
            Level("chgnet").calculator(lone)
        assert "\n" not in str(raised.value)
