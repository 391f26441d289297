# tinycl: `make` lists the targets.

SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python 3.10 to 3.12 on the path; `make demo PYTHON=/path/to/python` names another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test check docs boards page notebooks vectors fuzz soak wheel install clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.train  ## show how an emulated board learns (installs into .venv first)
	$(BIN)/tinycl demo $(ARGS)

install: $(VENV)/.train  ## make the environment .venv with everything to train, compile and stream

test: $(VENV)/.test boards page  ## run all checks and tests
	$(MAKE) check
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/.test  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.test  ## write pages of the API to runs/docs, from the docstrings
	$(BIN)/python -m tools.release.api_docs $(ARGS)

boards: $(VENV)/.test  ## build the emulated MicroPython boards (QEMU, compilers: tools/boards/setup.sh)
	@if [ "$$CI" = true ]; then tools/boards/setup.sh; fi
	@if [ -z "$$(tools/boards/setup.sh --list)" ]; then $(BIN)/python -m tools.boards; \
	else echo "boards: not built, so their tests are skipped; tools/boards/setup.sh installs what is missing:" \
	$$(tools/boards/setup.sh --list); fi

page: $(VENV)/.test  ## build what tinycl page serves: MicroPython for the browser (npm), C kernels
	@if [ "$$CI" = true ]; then tools/boards/setup.sh --browser; fi
	@if command -v npm >/dev/null; then $(BIN)/python -m tools.page; \
	else echo "page: not built, so its tests are skipped; tools/boards/setup.sh --browser installs npm"; fi

notebooks: $(VENV)/.test  ## run the notebooks and store their outputs (ARGS="--full 4")
	$(BIN)/python -m tools.release.run_notebooks --write $(ARGS)

vectors: $(VENV)/.test  ## write the test vectors of the kernels again, from the reference kernels
	PYTHONPATH=tests $(BIN)/python -m kernels.vectors.make_vectors

fuzz: $(VENV)/.test  ## feed damaged models and buffers to the loader and the C kernels (RUNS=1000000)
	$(BIN)/python -m tools.faults.fuzz --runs $(or $(RUNS),1000000) $(ARGS)

wheel: $(VENV)/.test page  ## build the wheel, with native kernels for each compiler that is installed
	$(MAKE) -C firmware/native DIST=$(CURDIR)/tinycl/native PYTHON=$(CURDIR)/$(BIN)/python
	$(PIP) wheel --quiet --no-deps -w dist .

soak: $(VENV)/.test  ## stress an emulated board for an hour with faults, kills and resets
	$(BIN)/python -m tools.faults.soak $(ARGS)

clean:  ## remove the environment and the files of runs
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "tinycl needs Python 3.10, 3.11 or 3.12 on the path, or" \
	"make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e '.[train]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.train
