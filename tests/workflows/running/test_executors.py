"""Executors by name, in the study, the profile and on the command line."""

import importlib.util
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from ase.build import molecule
from ase.calculators.emt import EMT

from heterodot.calculators import Level
from heterodot.errors import CalculationError, InputError, LostWorkerError, MissingDependencyError
from heterodot.workflows import Runner, SinglePoint
from heterodot.workflows.running.batch.profile import Profile
from heterodot.workflows.running.batch.slurm import QueueEntry
from heterodot.workflows.running.block_executor import refuse_ranks
from heterodot.workflows.running.executors import choose, make_executor
from heterodot.workflows.running.slurm_executor import SlurmExecutor
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


def test_a_block_has_one_processor_a_worker(place, call, monkeypatch):
    """srun gives a step inside a step no processors: MPI there would wait for ever."""
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    text = (place / "study.yaml").read_text()
    (place / "study.yaml").write_text(text.replace("{code: emt}", "{code: gpaw, ranks: 2}"))
    code, _, err = call("run", "study.yaml", "--executor", "slurm-block")
    assert code == 2
    assert "level emt: ranks = 2 with executor 'slurm-block', expected 1" in err
    assert err.count("heterodot: ") == 1
    (place / "cluster.toml").write_text('executor = "slurm-block"\n')
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml", "--dry-run")
    assert code == 2
    assert "ranks = 2 with executor 'slurm-block', expected 1" in err
    assert err.count("\n") == 1
    assert not (place / "results" / "jobs").exists()
    with pytest.raises(InputError, match="ranks = 2"):
        refuse_ranks(2)
    refuse_ranks(1)


def test_a_runner_opens_an_executor_by_name(place, monkeypatch):
    """From Python: the profile as a file or an object; the runner closes what it opened."""
    pytest.importorskip("parsl")
    (place / "threads.py").write_text(
        "from parsl.config import Config\n"
        "from parsl.executors import ThreadPoolExecutor\n\n"
        "config = Config(executors=[ThreadPoolExecutor(max_threads=1)])\n"
    )
    monkeypatch.syspath_prepend(str(place))
    (place / "cluster.toml").write_text('parsl = "threads:config"\n')
    task = SinglePoint(molecule("CO"), Level("emt"))
    with Runner("results", "parsl", profile="cluster.toml") as runner:
        assert runner.run(task).energy == pytest.approx(0.84, abs=2.0)
        assert runner.counts.computed == 1
        executor = runner._executor
    with pytest.raises(RuntimeError):  # closed with it
        executor.submit(abs, 1)
    with pytest.raises(InputError, match="parsl = "):
        Runner("results", "parsl", profile=Profile())
    with pytest.raises(InputError, match=r"nowhere.toml: not there"):
        Runner("results", "slurm", profile="nowhere.toml")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(InputError, match="not inside a job"):
        Runner("results", "slurm-block")
    with pytest.raises(InputError, match="'serial', one of local, slurm, slurm-block, parsl"):
        Runner("results", "slurn")


def test_a_runner_takes_where_from_the_profile(tmp_path, monkeypatch):
    """The user's word before the profile's; "local" where neither says."""
    (tmp_path / "cluster.toml").write_text('executor = "slurm-block"\nworkers = 3\n')
    opened = []
    make = "heterodot.workflows.running.executors.make_executor"

    def note(name, profile, results, workers, title):
        opened.append((name, results, workers, title))
        return ThreadPoolExecutor(1)

    monkeypatch.setattr(make, note)
    Runner(tmp_path / "store", profile=tmp_path / "cluster.toml").close()
    Runner(tmp_path / "store", "slurm", 5, profile=tmp_path / "cluster.toml", title="dots").close()
    assert opened == [("slurm-block", tmp_path, 3, "store"), ("slurm", tmp_path, 5, "dots")]
    with Runner(tmp_path / "store", "local", profile=tmp_path / "cluster.toml") as runner:
        assert runner.workers == 3
    with Runner(tmp_path / "store", workers=1) as runner:
        runner.plan(1)
        assert isinstance(runner._executor, ProcessPoolExecutor)
    assert len(opened) == 2
    with pytest.raises(InputError, match="workers = 0"):
        Runner(tmp_path / "store", workers=0, profile=tmp_path / "cluster.toml")


def test_an_executor_of_the_callers_stays_open(tmp_path):
    with ThreadPoolExecutor(1) as mine:
        Runner(tmp_path, mine, profile=Profile(executor="slurm")).close()
        assert mine.submit(abs, -1).result() == 1


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        ("TIMEOUT", "TimeLimit", "job 12: TIMEOUT, its walltime was over"),
        ("NODE_FAIL", "NodeDown", "job 12: NODE_FAIL, its node was lost"),
        ("OUT_OF_MEMORY", "", "job 12: OUT_OF_MEMORY, it needed more memory than it had asked for"),
        ("BOOT_FAIL", "Oops", "job 12: BOOT_FAIL, Oops"),
        ("RUNNING", "", "walltime, memory, node or scancel"),
        (None, "", "walltime, memory, node or scancel"),
    ],
)
def test_a_lost_job_says_how_it_ended_and_which_log_to_read(
    tmp_path, monkeypatch, state, reason, told
):
    last = None if state is None else QueueEntry("12", "study", state, reason)
    monkeypatch.setattr("heterodot.workflows.running.batch.slurm.ended", lambda job: last)
    executor = SlurmExecutor.__new__(SlurmExecutor)
    executor.folder = tmp_path
    task = SinglePoint(molecule("CO"), Level("emt"), label="CO")
    gone = RuntimeError("executorlib: queue job 12 for task ab terminated without output")
    error = executor._explained(gone, task, "ab")
    assert isinstance(error, LostWorkerError)
    assert str(error).startswith(f"the job of task CO was lost ({told}); ")
    assert f"what it said is in {tmp_path}/ab/job-12.out; run again" in str(error)
    other = str(executor._explained(RuntimeError("gone"), task, "ab"))
    assert f"(walltime, memory, node or scancel); what it said is in {tmp_path}/ab; " in other


def test_without_the_extra_the_line_says_what_to_install(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    hidden = lambda name, *rest: None if name == "executorlib" else real(name, *rest)  # noqa: E731
    monkeypatch.setattr("importlib.util.find_spec", hidden)
    with pytest.raises(MissingDependencyError, match=r"pip install 'heterodot\[slurm\]'"):
        Runner(tmp_path, "slurm")
    monkeypatch.setitem(sys.modules, "parsl.concurrent", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'heterodot\[parsl\]'"):
        Runner(tmp_path, profile=Profile(executor="parsl", parsl="a:b"))


def test_a_state_folder_executorlib_would_not_quote_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a $(touch hurt)"))
    with pytest.raises(InputError, match="plain letters"):
        make_executor("slurm", Profile(), tmp_path, 1, "study")
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("given", ["", "os", ":x", "no_such_module_here:config", "os:no_such"])
def test_a_parsl_configuration_that_is_none(tmp_path, given):
    pytest.importorskip("parsl")
    with pytest.raises(InputError, match="parsl = "):
        make_executor("parsl", Profile(parsl=given), tmp_path, 1, "study")


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
    with make_executor("parsl", profile, tmp_path, 1, "study") as executor:
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
