# heterodot: everything a newcomer types. `make help` lists it.
#
#   PYTHON   the interpreter the environment is made from (>= 3.11)
#   VENV     where the environment goes
#   JOBS     how many tests run side by side
#   MARKS    which tests, in the words of pytest's -m: make test MARKS='not slurm'
#   TORCH    what pip is asked for where the potentials are installed; options of pip may follow

VENV   ?= .venv
JOBS   ?= 2
TORCH  ?= torch==2.13.0
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# $(call install,PYTHON,WHAT): by uv, in a fifth of pip's time; by pip where uv is not to be had or
# does not find what pip is configured to find.
install = if ! $(BIN)/uv pip install --quiet --python $(1) $(2) 2>/dev/null; \
	then $(PIP) --python $(1) install --quiet $(2); fi

# One BLAS thread per process: the work is parallel over calculations, not inside them.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help install demo demo-light demo-gpaw mlip test test-slurm test-faults pybader mace docs docs-serve lowest dist lint clean distclean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
		| awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'
	@echo "  variables: PYTHON=$(PYTHON) VENV=$(VENV) JOBS=$(JOBS)"

install: $(VENV)/.installed ## Make the virtual environment and install heterodot into it

mlip: $(VENV)/.mlip ## Install the potentials (PyTorch, SevenNet, CHGNet) into the environment

demo: $(VENV)/.installed mlip-if-possible ## ZCIS dots, Types A, B and C: CO2 reduction by a potential, d bands by xTB, into demo/
	@if [ -e $(VENV)/.mlip ]; then $(BIN)/heterodot run examples/zcis_co2.yaml; \
		else $(BIN)/heterodot run examples/zcis_co2_light.yaml; fi

demo-light: $(VENV)/.installed ## The same with xTB alone, without PyTorch, into demo-light/
	@$(BIN)/heterodot run examples/zcis_co2_light.yaml

test: $(VENV)/.tested mlip-if-possible gpaw-if-possible ## Run the whole test suite (GPAW's part where GPAW can be built)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(if $(MARKS),-m '$(MARKS)')

test-slurm: $(VENV)/.tested ## Start a one-node Slurm here (Debian, root or sudo) and run its tests
	@.ci/slurm up
	@$(BIN)/python -m pytest -m slurm -rA --no-header -q

test-faults: $(VENV)/.tested gpaw-if-possible ## Disturb runs in every way, TRIALS (5) times each, and print what is left
	@$(BIN)/python -m tests.faults.campaign --trials $(or $(TRIALS),5) \
		$$($(BIN)/python -c 'import gpaw' 2>/dev/null && echo --gpaw) --slurm

pybader: $(VENV)/pybader/.made ## Install pybader in an environment of its own, for the test beside it

mace: $(VENV)/mace/.made ## Install MACE in an environment of its own that shares the rest of this one

demo-gpaw: $(VENV)/.gpaw ## A copper-containing dot with CO2 by GPAW, into demo-gpaw/
	@$(BIN)/heterodot run examples/gpaw_dot.yaml

docs: $(VENV)/.documented ## Build the documents (the tutorials are run) into docs/_build/html; a warning is an error
	@$(BIN)/python -m sphinx -W --keep-going -q -b html -d docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

docs-serve: docs ## The same, served at http://127.0.0.1:8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory docs/_build/html 8000

lowest: $(VENV)/lowest/.made ## Run the quick tests with the lowest versions of every dependency, in an environment of their own
	@PYTHONPATH= $(VENV)/lowest/bin/python -m pytest -q -n $(JOBS) --dist worksteal \
		-p no:cacheprovider -m "$(QUICK)" $(or $(TESTS),tests)

dist: $(VENV)/.packaged ## Build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --outdir dist .

lint: $(VENV)/.linted ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean: ## Remove what the demos and examples made
	rm -rf demo demo-* interfaces docs/_build docs/api build dist

distclean: clean ## Remove the environment as well
	rm -rf $(VENV)

# ---------------------------------------------------------------------------------------------
# The environment. Each stamp is touched last, so a step that was killed is done again; nothing
# is reinstalled until pyproject.toml changes (the sources are installed in place).

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "heterodot needs Python 3.11 or newer and found none on PATH;" \
			"install one, or say: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "PYTHON=$(PYTHON) is older than 3.11, or does not run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments;" \
			"on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "making the virtual environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --quiet uv 2>/dev/null || echo "uv cannot be installed here: pip does its work"
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.made
	@echo "installing heterodot and what it needs (a few minutes the first time)"
	@$(call install,$(BIN)/python,--editable .)
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "installing what the tests need"
	@$(call install,$(BIN)/python,--editable '.[test]')
	@touch $@

$(VENV)/.documented: $(VENV)/.installed
	@echo "installing Sphinx and what the tutorials are run with"
	@$(call install,$(BIN)/python,--editable '.[docs]')
	@touch $@

$(VENV)/.packaged: $(VENV)/.made
	@$(call install,$(BIN)/python,build)
	@touch $@

# uv chooses the lowest versions that pyproject.toml allows for what heterodot itself asks for.
QUICK := not slow and not gpaw and not mlip and not slurm and not browser
$(VENV)/lowest/.made: pyproject.toml $(VENV)/.made
	@echo "installing the lowest versions of every dependency"
	@[ -x $(BIN)/uv ] || $(PIP) install --quiet uv
	@$(PYTHON) -m venv --clear $(VENV)/lowest
	@$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --resolution lowest-direct \
		--editable '.[test]'
	@touch $@

$(VENV)/.linted: $(VENV)/.installed
	@echo "installing ruff and mypy"
	@$(call install,$(BIN)/python,--editable '.[dev]')
	@touch $@

# The potentials and what they compute with. pip chooses the build of PyTorch: on Linux/x86-64 the
# usual index brings the one for CUDA, of several GB.
$(VENV)/.mlip: $(VENV)/.installed
	@echo "installing the potentials: $(TORCH), sevenn, chgnet (a few minutes the first time)"
	@$(PIP) install --quiet $(TORCH) && $(call install,$(BIN)/python,--editable '.[mlip]')
	@touch $@

.PHONY: mlip-if-possible
mlip-if-possible: $(VENV)/.installed
	@if [ ! -e $(VENV)/.mlip ] || [ $(VENV)/.installed -nt $(VENV)/.mlip ]; then \
		rm -f $(VENV)/.mlip; \
		$(MAKE) --no-print-directory $(VENV)/.mlip || echo "the potentials could not be installed" \
			"($(TORCH), see above): xTB answers in their place, their tests are skipped" >&2; \
	fi

# GPAW is compiled on this machine: it needs a C++ compiler, libxc and a BLAS, with headers.
GPAW_NEEDS := On Debian and Ubuntu: apt-get install g++ libxc-dev libopenblas-dev python3-dev
GPAW_PROBE := printf '\#include <Python.h>\n\#include <xc.h>\nint main() { return XC_MAJOR_VERSION < 4; }\n' \
	| g++ -x c++ "-I$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
	- -lxc -lblas -o $(VENV)/.gpaw-probe >/dev/null 2>&1

$(VENV)/.gpaw: $(VENV)/.installed
	@$(GPAW_PROBE) || { echo "GPAW cannot be built here: a C++ compiler, libxc or BLAS with its" \
		"headers is missing. $(GPAW_NEEDS)" >&2; exit 1; }
	@echo "building and installing GPAW (about a minute)"
	@export CC=g++ CXX=g++; $(call install,$(BIN)/python,--editable '.[gpaw]')
	@touch $@

# pybader 0.3.12 needs an old setuptools, numba, and a minute to compile when it is first imported.
$(VENV)/pybader/.made: $(VENV)/.made
	@echo "installing pybader (a minute and a half)"
	@$(PYTHON) -m venv --clear $(VENV)/pybader
	@$(call install,$(VENV)/pybader/bin/python,'setuptools<80' 'pybader==0.3.12')
	@XDG_CONFIG_HOME=$(VENV)/pybader HOME=$(VENV)/pybader $(VENV)/pybader/bin/python -c 'import pybader' \
		>/dev/null 2>&1
	@touch $@

# mace-torch pins an e3nn that sevenn refuses. All else is found in the environment beside it; the
# wheel's own tests lie where Python looks for ours.
$(VENV)/mace/.made: $(VENV)/.installed
	@$(BIN)/python -c 'import torch' 2>/dev/null || { echo "MACE needs PyTorch: $(PIP) install torch" \
		"(README: which), then make mace again" >&2; exit 1; }
	@echo "installing MACE (a minute)"
	@$(PYTHON) -m venv --clear --without-pip $(VENV)/mace
	@$(BIN)/python -c 'import sys; print(*(p for p in sys.path if p.endswith("-packages")), sep="\n")' \
		> "$$($(VENV)/mace/bin/python -c 'import site; print(site.getsitepackages()[0])')/beside.pth"
	@$(PIP) --python $(VENV)/mace/bin/python install -qqq 'mace-torch==0.3.16' \
		|| { echo "pip cannot install mace-torch 0.3.16" >&2; exit 1; }  # -qqq: it says sevenn minds
	@$(PIP) --python $(VENV)/mace/bin/python install --quiet --no-deps --editable .
	@rm -rf $(VENV)/mace/lib/python*/site-packages/tests
	@$(VENV)/mace/bin/python -c 'import mace.calculators' >/dev/null 2>&1
	@touch $@

.PHONY: gpaw-if-possible
gpaw-if-possible: $(VENV)/.installed
	@if [ ! -e $(VENV)/.gpaw ] || [ $(VENV)/.installed -nt $(VENV)/.gpaw ]; then \
		if $(GPAW_PROBE); then \
			$(MAKE) --no-print-directory $(VENV)/.gpaw \
				|| echo "GPAW could not be installed (see above): its tests are skipped" >&2; \
		else \
			echo "GPAW cannot be built here: its tests are skipped. $(GPAW_NEEDS)"; \
		fi; \
	fi
