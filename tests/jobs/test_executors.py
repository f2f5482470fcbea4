"""Executors by name, in the study, the profile and on the command line."""

import importlib.util
import os
import sys

import pytest
from ase.build import molecule
from ase.calculators.emt import EMT

from heterodot.calculators import Level
from heterodot.errors import CalculationError, InputError, LostWorkerError, MissingDependencyError
from heterodot.workflows import Runner, SinglePoint
from heterodot.workflows.executors import choose, open_executor
from heterodot.workflows.profile import Profile
from heterodot.workflows.study import Study


def test_the_users_word_before_the_profiles_before_the_studys(place):
    text = (place / "study.yaml").read_text()
    (place / "study.yaml").write_text(text + "executor: parsl\n")
    study = Study.load("study.yaml")
    assert choose(study, None, None, None)[1] == "parsl"
    (place / "cluster.toml").write_text('executor = "slurm"\nworkers = 7\n')
    _, name, workers = choose(study, place / "cluster.toml", None, None)
    assert (name, workers) == ("slurm", 7)
    _, name, workers = choose(study, place / "cluster.toml", "local", 3)
    assert (name, workers) == ("local", 3)


def test_an_unknown_executor_is_one_line(place, call):
    code, _, err = call("run", "study.yaml", "--executor", "slurn")
    assert code == 2
    assert "local, slurm, slurm-block, parsl" in err
    (place / "study.yaml").write_text((place / "study.yaml").read_text() + "executor: os.system\n")
    code, _, err = call("run", "study.yaml")
    assert code == 2
    assert "study.yaml:11: executor" in err


def test_a_block_outside_of_a_job_is_refused(place, call, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    code, _, err = call("run", "study.yaml", "--executor", "slurm-block")
    assert code == 2
    assert "not inside a job" in err


def test_without_the_extra_the_line_says_what_to_install(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    hidden = lambda name, *rest: None if name == "executorlib" else real(name, *rest)  # noqa: E731
    monkeypatch.setattr("importlib.util.find_spec", hidden)
    opened = open_executor("slurm", Profile(), tmp_path, 1)
    with pytest.raises(MissingDependencyError, match=r"pip install 'heterodot\[slurm\]'"), opened:
        pass
    monkeypatch.setitem(sys.modules, "parsl.concurrent", None)
    opened = open_executor("parsl", Profile(parsl="a:b"), tmp_path, 1)
    with pytest.raises(MissingDependencyError, match=r"pip install 'heterodot\[parsl\]'"), opened:
        pass


def test_a_state_folder_executorlib_would_not_quote_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a $(touch hurt)"))
    opened = open_executor("slurm", Profile(), tmp_path, 1)
    with pytest.raises(InputError, match="plain letters"), opened:
        pass
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("given", ["", "os", ":x", "no_such_module_here:config", "os:no_such"])
def test_a_parsl_configuration_that_is_none(tmp_path, given):
    pytest.importorskip("parsl")
    opened = open_executor("parsl", Profile(parsl=given), tmp_path, 1)
    with pytest.raises(InputError, match="parsl = "), opened:
        pass


def test_a_study_over_parsl(place, call, monkeypatch):
    pytest.importorskip("parsl")
    (place / "my_parsl.py").write_text(
        "from parsl.config import Config\n"
        "from parsl.executors import ThreadPoolExecutor\n\n"
        "def config():\n"
        "    return Config(executors=[ThreadPoolExecutor(max_threads=2)])\n"
    )
    monkeypatch.syspath_prepend(str(place))
    (place / "cluster.toml").write_text('executor = "parsl"\nparsl = "my_parsl:config"\n')
    code, _, err = call("run", "study.yaml", "--profile", "cluster.toml")
    assert code == 0, err
    assert "1 task calculated" in err


PILOT = """
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

def config():
    pool = HighThroughputExecutor(
        max_workers_per_node=1,
        address="127.0.0.1",
        loopback_address="127.0.0.1",
        provider=LocalProvider(init_blocks=1, max_blocks=1),
        encrypted=False,
    )
    return Config(executors=[pool], run_dir={run_dir!r}, retries=0)
"""


def test_parsls_workers_in_processes_of_their_own(tmp_path, monkeypatch):
    """A pilot job on this machine: the profile's environment is there, a lost worker is told."""
    pytest.importorskip("parsl")
    (tmp_path / "my_pilot.py").write_text(PILOT.format(run_dir=str(tmp_path / "runinfo")))
    monkeypatch.syspath_prepend(str(tmp_path))
    profile = Profile(
        parsl="my_pilot:config", launcher="srun --mpi=pmix", environment={"NOTE": "it's here"}
    )
    task = SinglePoint(molecule("CO"), Level("emt"))
    emt = molecule("CO")
    emt.calc = EMT()
    with open_executor("parsl", profile, tmp_path, 1) as executor:
        with Runner(tmp_path / "store", executor) as runner:
            assert runner.run(task).energy == pytest.approx(emt.get_potential_energy())
        seen = [executor.submit(os.getenv, n) for n in ("NOTE", "HETERODOT_MPI_LAUNCHER")]
        assert [future.result(60) for future in seen] == ["it's here", "srun --mpi=pmix"]
        assert executor.submit(os.getpid).result(60) != os.getpid()
        with pytest.raises(CalculationError, match="could not run the task"):
            executor.submit(int, "x").result(60)
        with pytest.raises(LostWorkerError, match="WorkerLost"):
            executor.submit(os._exit, 1).result(60)
        assert executor.submit(abs, -2).result(60) == 2
