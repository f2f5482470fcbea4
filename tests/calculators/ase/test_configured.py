"""Calculators the user names in their own configuration: whose word counts, and what they are."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from ase.build import molecule

from heterodot.calculators import Level, available_codes, code_names
from heterodot.calculators.definitions import FILE, read_definitions
from heterodot.cli import main
from heterodot.errors import LevelError, MissingDependencyError, RefusedError, StudyError
from heterodot.own_files import own_path
from heterodot.provenance import with_charge
from heterodot.workflows import Runner, SinglePoint, Store
from heterodot.workflows.running.execution import execute
from heterodot.workflows.study import Study

MODULE = """\
from pathlib import Path

from ase.calculators.lj import LennardJones

Path(__file__).with_name("imported").touch()


def pairs(sigma=1.0, epsilon=1.0, model=""):
    return LennardJones(sigma=sigma, epsilon=epsilon, rc=10.0)


def nothing(**parameters):
    return "no calculator"
"""
PAIRS = """\
[calculators.pairs]
factory = "my_pairs:pairs"
label = "my pairs"
[calculators.pairs.settings]
sigma = 2.0
epsilon = 0.5
model = "small"
[calculators.pairs.precise]
model = "large"
"""
Configure = Callable[..., Path]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch) -> Iterator[Configure]:
    """Write a configuration, each in a new place, as a new process would meet it."""
    number = itertools.count()
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "my_pairs.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"), prepend=os.pathsep)
    before = os.umask(0o077)

    def write(text: str = PAIRS) -> Path:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / f"configuration-{next(number)}"))
        path = Path(own_path(FILE))
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return path

    yield write
    os.umask(before)
    sys.modules.pop("my_pairs", None)


def key(level: Level) -> str:
    return SinglePoint(molecule("CO2"), level).key


def test_it_is_the_calculator_itself(configure):
    configure()
    level, atoms = Level("pairs"), molecule("CO2")
    from ase.calculators.lj import LennardJones

    mine, its = level.calculator(atoms), LennardJones(sigma=2.0, epsilon=0.5, rc=10.0)
    assert mine.get_potential_energy(atoms) == its.get_potential_energy(atoms)
    assert level.label == "my pairs"
    assert Level("pairs", "precise", {"sigma": 3}).label == "my pairs (model='large', sigma=3.0)"
    assert Level.from_dict(level.to_dict()) == level
    assert "pairs" in code_names()
    assert available_codes()["pairs"].available
    with pytest.raises(LevelError, match="total charge"):
        level.check(with_charge(atoms, 1))


def test_what_it_can_do_is_the_users_word(configure):
    configure(PAIRS.replace("label", 'elements = ["C", "H"]\nperiodic = false\nnative = false\n#'))
    capabilities = Level("pairs").capabilities
    assert not capabilities.native
    assert not capabilities.periodic
    assert capabilities.stress
    with pytest.raises(RefusedError, match="no parameters for O"):
        Level("pairs").check(molecule("CO2"))


def test_nothing_is_imported_before_it_calculates(configure, tmp_path):
    configure()
    Level("pairs").check(molecule("CO2"))
    available_codes()
    key(Level("pairs"))
    assert not (tmp_path / "modules" / "imported").exists()
    Level("pairs").calculator(molecule("CO2"))
    assert (tmp_path / "modules" / "imported").exists()


# -- what a result is of -----------------------------------------------------------------------


def test_whatever_defines_it_is_in_the_key(configure, tmp_path, monkeypatch):
    """Same name, another calculator: another key; and the same again for the same."""
    model = tmp_path / "model.pt"
    model.write_text("weights")
    with_file = PAIRS.replace('"small"', f'"{model}"')
    keys = []

    def note(text: str = PAIRS) -> None:
        configure(text)
        keys.append(key(Level("pairs")))

    note()
    note(PAIRS.replace("sigma = 2.0", "sigma = 2.1"))
    note(PAIRS.replace("my_pairs:pairs", "my_pairs:nothing"))
    note(PAIRS.replace("my_pairs:pairs", "ase.calculators.lj:LennardJones"))
    note(PAIRS.replace("label", 'packages = ["numpy"]\nlabel'))
    note(with_file)
    model.write_text("other weights")
    note(with_file)
    module = tmp_path / "modules" / "my_pairs.py"
    module.write_text(MODULE.replace("rc=10.0", "rc=12.0"))
    note()
    assert len({*keys}) == len(keys)
    module.write_text(MODULE)
    note(PAIRS.replace("my pairs", "my own pairs"))  # a label is for people
    assert keys[-1] == keys[0]


def test_versions_of_packages_are_in_the_key(configure, monkeypatch):
    text = PAIRS.replace("my_pairs:pairs", "ase.calculators.lj:LennardJones")
    configure(text)
    settings, before = Level("pairs").settings, key(Level("pairs"))
    assert list(settings["packages"]) == ["ase"]
    monkeypatch.setattr("heterodot.calculators.ase.identity.metadata.version", lambda _: "99")
    configure(text)
    assert Level("pairs").settings["packages"] == {"ase": "99"}
    assert key(Level("pairs")) != before


def test_results_of_two_calculators_of_one_name_are_not_mixed(configure, tmp_path):
    energies = []
    for sigma in ("2.0", "2.5", "2.0"):
        configure(PAIRS.replace("2.0", sigma))
        with Runner(tmp_path / "store", "serial") as runner:
            energies.append(runner.run(SinglePoint(molecule("CO2"), Level("pairs"))).energy)
            computed = runner.counts.computed
    assert energies[0] == energies[2] != energies[1]
    assert computed == 0  # the third was the first one's


# -- other processes ---------------------------------------------------------------------------


def expected() -> float:
    atoms = molecule("CO2")
    return float(Level("pairs").calculator(atoms).get_potential_energy(atoms))


def test_workers_of_the_local_pool_find_it(configure, tmp_path):
    configure()
    with Runner(tmp_path / "store", "local", workers=1) as runner:
        result = runner.run(SinglePoint(molecule("CO2"), Level("pairs")))
    assert result.energy == expected()


def test_processes_that_start_from_nothing_find_it(configure, tmp_path):
    """As those on the nodes of a cluster: they read the same configuration."""
    configure()
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        Runner(tmp_path / "store", pool) as runner,
    ):
        result = runner.run(SinglePoint(molecule("CO2"), Level("pairs")))
        assert runner.counts.computed == 1
    assert result.energy == expected()


def test_an_interpreter_of_its_own_finds_it(configure, tmp_path, monkeypatch):
    configure()
    monkeypatch.setattr("heterodot.workflows.running.execution.safe_to_fork", lambda: False)
    task, store = SinglePoint(molecule("CO2"), Level("pairs")), Store(tmp_path / "store")
    assert execute(task, store).computed
    assert store.get(task.key)["result"]["energy"] == expected()


@pytest.mark.parametrize("native", ["true", "false"])
def test_a_process_that_finds_another_one_refuses(configure, tmp_path, native):
    """The configuration was changed, or is another one on the node: no result, one line."""
    path = configure(PAIRS.replace("label", f"native = {native}\nlabel"))
    task = SinglePoint(molecule("CO2"), Level("pairs"))
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        Runner(tmp_path / "store", pool) as runner,
    ):
        path.write_text(path.read_text().replace("2.0", "2.5"))
        with pytest.raises(LevelError, match=r"pairs: is another calculator on .*expected"):
            runner.run(task)
    assert list(Store(tmp_path / "store").keys()) == []


# -- whose word counts -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["emt", "gpaw", "ase", "GPAW", "Gfn1-xTB"])
def test_no_name_of_an_installed_code(configure, name):
    path = configure(PAIRS.replace("calculators.pairs", f'calculators."{name}"'))
    for asked in (name, "emt"):  # what is wrong is said, not passed over
        with pytest.raises(LevelError) as caught:
            Level(asked)
        assert str(caught.value).startswith(f"{path}: calculators.{name}: ")
        assert "is an installed code, expected another name" in str(caught.value)


@pytest.mark.parametrize("mode", [0o620, 0o602])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_is_refused(configure, tmp_path, mode, what):
    path = configure()
    written = path if what == "file" else path.parent
    written.chmod(mode if what == "file" else mode | 0o700)
    with pytest.raises(LevelError, match=re.escape(f"{written}: others may write it (mode ")):
        Level("pairs")
    written.chmod(0o700)
    Level("pairs")
    assert not (tmp_path / "modules" / "imported").exists()


def test_that_of_another_user_is_refused(configure, monkeypatch):
    path = configure()
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(LevelError, match=r"config.toml: belongs to user"):
        Level("pairs")


def study(tmp_path: Path, level: str) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(
        "heterodot: 1\n"
        "systems:\n  co2: {build: [{molecule: CO2}]}\n"
        f"levels:\n  mine: {level}\n"
        "questions:\n  - relaxation: {steps: 5}\nworkers: 1\n"
    )
    return path


def test_a_study_names_it(configure, tmp_path, capsys):
    configure()
    with pytest.raises(SystemExit) as left:
        main(["run", str(study(tmp_path, "{code: pairs, overrides: {sigma: 1.1}}"))])
    out, err = capsys.readouterr()
    assert left.value.code in (0, None), err
    assert "1 task calculated" in err
    assert "my pairs (sigma=1.1)" in (tmp_path / "study-results" / "table.txt").read_text() + out


@pytest.mark.parametrize(
    "overrides",
    [
        "path: 'os:system'",
        "factory: 'os:system'",
        "parameters: {a: 1}",
        "packages: {}",
        "model: /tmp/evil.pt",
        "model: ../evil.pt",
        "model: ''",
        "model: [small]",
        "model: 1",
        "sigma: '2'",
        "sigma: .inf",
    ],
)
def test_a_study_names_no_path_and_no_text_of_its_own(configure, tmp_path, overrides):
    """A model may be a pickle: which one is loaded is not a stranger's to say."""
    configure()
    with pytest.raises(StudyError, match=r"study.yaml:5: levels.mine") as caught:
        Study.load(study(tmp_path, f"{{code: pairs, overrides: {{{overrides}}}}}"))
    assert "\n" not in str(caught.value)
    Study.load(study(tmp_path, "{code: pairs, overrides: {model: large, sigma: 2}}"))
    assert not (tmp_path / "modules" / "imported").exists()


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "not TOML"),
        ("calculator = 1", "calculator: unknown, expected calculators"),
        ("calculators = 1", "calculators: given 1, expected a table"),
        ("calculators.x = 'a:b'", "calculators.x: given 'a:b', expected a table"),
        (
            "[calculators.x]",
            "calculators.x.factory: not given, expected module:function, e.g. 'my_models:mace'",
        ),
        ("[calculators.'../x']\nfactory = 'a:b'", "expected a name of letters"),
        ("[calculators.x]\nfactory = 'os.system'", "calculators.x.factory: given 'os.system'"),
        ("[calculators.x]\nfactory = 'a:b()'", "calculators.x.factory: given 'a:b()'"),
        ("[calculators.x]\nfactory = 3", "calculators.x.factory: given 3"),
        (
            "[calculators.x]\nfactori = 'a:b'",
            "calculators.x.factori: unknown, expected one of factory, label, functional, packages",
        ),
        ("[calculators.x]\nfactori = 'a:b'", "; did you mean 'factory'?"),
        ("[calculators.x]\nfactory = 'a:b'\nname = 'y'", "calculators.x.name: unknown"),
        ("[calculators.x]\nfactory = 'a:b'\nwhere = 'y'", "calculators.x.where: unknown"),
        ("[calculators.x]\nfactory = 'a:b'\nelements = ['Cu', 1]", "elements[1]: given 1"),
        ("[calculators.x]\nfactory = 'a:b'\nstress = 1", "stress: given 1, expected true or false"),
        (
            "[calculators.x]\nfactory = 'a:b'\nelements = ['Cu', 'Xx']",
            "elements[1]: given 'Xx', expected a chemical symbol",
        ),
        (
            "[calculators.x]\nfactory = 'a:b'\npackages = 'm'",
            "packages: given 'm', expected a list",
        ),
        ("[calculators.x]\nfactory = 'a:b'\nlabel = \"a\\nb\"", "label: given 'a\\nb'"),
        ("[calculators.x]\nfactory = 'a:b'\nfast = 1", "calculators.x.fast: given 1"),
        ("[calculators.x]\nfactory = 'a:b'\nsettings.t = 1979-05-27", "settings.t"),
        ("[calculators.x]\nfactory = 'a:b'\nsettings.t = nan", "expected a finite number"),
        ("[calculators.x]\nfactory = 'a:b'\nsettings.'a b' = 1", "name of a parameter"),
    ],
)
def test_faults_are_one_line_with_the_file(configure, capsys, text, words):
    path = configure(text)
    with pytest.raises(SystemExit) as left:
        main(["info"])
    _, err = capsys.readouterr()
    assert left.value.code == 2
    assert err.startswith(f"heterodot: {path}: ")
    assert err.count("\n") == 1
    assert words in err


def test_what_cannot_be_loaded_is_named(configure, tmp_path):
    configure(PAIRS.replace("my_pairs:pairs", "my_pears:pairs"))
    assert "no module 'my_pears'" in available_codes()["pairs"].detail
    with pytest.raises(MissingDependencyError, match="pairs: cannot import 'my_pears'"):
        Level("pairs").calculator(molecule("N2"))
    with pytest.raises(MissingDependencyError, match=r"levels\.mine: pairs cannot run"):
        Study.load(study(tmp_path, "{code: pairs}")).run(executor="serial")
    configure(PAIRS.replace("label", 'packages = ["no-such-thing"]\nlabel'))
    assert "pip install no-such-thing" in available_codes()["pairs"].detail
    configure(PAIRS.replace("my_pairs:pairs", "my_pairs:pears"))
    with pytest.raises(LevelError, match="no class 'pears'"):
        Level("pairs").calculator(molecule("N2"))
    configure(PAIRS.replace("my_pairs:pairs", "my_pairs:nothing"))
    with pytest.raises(LevelError, match="gave str, expected an ASE calculator"):
        Level("pairs").calculator(molecule("N2"))


def test_dispersion_is_a_setting_where_the_functional_is_said(configure):
    configure()
    plain = key(Level("pairs"))
    with pytest.raises(LevelError, match=r'dispersion = .d4.: .*write functional = "PBE"'):
        Level("pairs", overrides={"dispersion": "d4"})
    configure(PAIRS.replace("label", 'functional = "pbe"\nlabel', 1))
    assert key(Level("pairs")) == key(Level("pairs", overrides={"dispersion": "none"})) == plain
    level = Level("pairs", overrides={"dispersion": "d3bj", "epsilon": 0.6})
    assert level.settings["dispersion"] == {"method": "d3bj", "functional": "PBE"}
    assert level.settings["parameters"]["epsilon"] == 0.6
    assert level.label == "my pairs (epsilon=0.6) + D3(BJ) for PBE"
    atoms = molecule("CO2")
    assert level.calculator(atoms).get_potential_energy(atoms) < Level(
        "pairs", overrides={"epsilon": 0.6}
    ).calculator(atoms).get_potential_energy(atoms)
    configure(PAIRS.replace("epsilon = 0.5", 'dispersion = "on"'))  # one of the factory's own
    own = Level("pairs", overrides={"dispersion": "on"})
    assert own.settings["parameters"]["dispersion"] == "on"
    assert "dispersion" not in own.settings


def test_the_configuration_of_the_guide_is_one(configure):
    guide = (Path(__file__).parents[3] / "docs" / "calculators.md").read_text()
    (text,) = re.findall(r"```toml\n(\[calculators\..*?)```", guide, flags=re.DOTALL)
    configure(text)
    assert read_definitions({})["mymace"].packages == ("mace-torch",)
