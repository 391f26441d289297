# tinycl: run `make` to see what there is.

SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python 3.10 to 3.12 on the path; `make demo PYTHON=/path/to/python` names another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test check docs boards notebooks fuzz soak wheel install clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.train  ## see an emulated board learn (installs into .venv first)
	$(BIN)/tinycl demo $(ARGS)

install: $(VENV)/.train  ## environment with everything to train, compile and stream

test: $(VENV)/.test boards  ## run all checks and tests
	$(MAKE) check
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/.test  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.test  ## pages of the API from the docstrings, into runs/docs
	$(BIN)/python -m tools.release.api_docs $(ARGS)

boards: $(VENV)/.test  ## build the emulated MicroPython boards (QEMU, compilers: tools/boards/setup.sh)
	@if [ "$$CI" = true ]; then tools/boards/setup.sh; fi
	@if [ -z "$$(tools/boards/setup.sh --list)" ]; then $(BIN)/python -m tools.boards; \
	else echo "boards: not built, their tests are skipped; tools/boards/setup.sh installs what is missing:" \
	$$(tools/boards/setup.sh --list); fi

notebooks: $(VENV)/.test  ## run the notebooks and keep what they show (ARGS="--full 4")
	$(BIN)/python -m tools.release.run_notebooks --write $(ARGS)

fuzz: $(VENV)/.test  ## hostile models and buffers against loader and C kernels (RUNS=1000000)
	$(BIN)/python -m tools.faults.fuzz --runs $(or $(RUNS),1000000) $(ARGS)

wheel: $(VENV)/.test  ## the wheel, with native kernels for each compiler that is here
	$(MAKE) -C firmware/native DIST=$(CURDIR)/tinycl/native PYTHON=$(CURDIR)/$(BIN)/python
	$(PIP) wheel --quiet --no-deps -w dist .

soak: $(VENV)/.test  ## an hour of faults, kills and resets on an emulated board
	$(BIN)/python -m tools.faults.soak $(ARGS)

clean:  ## remove the environment and what runs left behind
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
