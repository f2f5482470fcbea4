"""Executors by name, in the study, the profile and on the command line."""

import importlib.util
import sys

import pytest

from heterodot.errors import InputError, MissingDependencyError
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
