# Py360 from a source checkout. `make help` lists what there is.
# Needs Python >= 3.11 and PyPI; everything else is set up here, in ./.venv and ./.py360.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS ?= 3
unexport PYTHONDONTWRITEBYTECODE  # else each of the many processes of a test run compiles a thousand files again
MINUTES ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup run demo test fast check format lint types imports house bench fuzz env-example openapi clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/runtime  ## start everything on this machine; Ctrl-C stops it, the data stays
	@exec $(BIN)/py360 up

demo: .venv/runtime  ## renew a sample portfolio on the running installation
	@exec $(BIN)/py360 demo

test: .venv/development  ## the whole test suite
	$(BIN)/python -m pytest -n $(WORKERS)

fast: .venv/development  ## the first two tests of every file, without those that start whole processes: under two minutes
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" --first 2

check: format lint types imports house  ## what every change must pass beside the tests: format, lint, types, import contracts, house rules

format: .venv/development
	$(BIN)/ruff format --check .

lint: .venv/development
	$(BIN)/ruff check .

types: .venv/development
	$(BIN)/mypy --strict src

imports: .venv/development
	$(BIN)/lint-imports

house: .venv/development
	$(BIN)/python -m pytest tests/house

bench: .venv/development  ## measure this machine, every figure beside its floor
	$(BIN)/py360 bench

fuzz: .venv/development  ## made-up requests to every route for MINUTES (20); any answer of 5xx fails
	$(BIN)/python -m tests.fuzz $(MINUTES)

env-example: .venv/runtime  ## write .env.example from the settings
	$(BIN)/python -m py360.entrypoints.envexample > .env.example

openapi: .venv/runtime  ## write docs/openapi.json from the routes
	$(BIN)/python -m py360.entrypoints.openapi > docs/openapi.json

screenshots: .venv/development  ## take the pictures of the README (needs Chromium; some minutes)
	$(BIN)/python -m tests.console.screenshots

setup: .venv/development  ## only install, for an editor

clean:  ## remove what was installed and built (never the data in .py360)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build

# A stamp per lock: installed again only when the lock or the package's metadata changed.
.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing Py360 into ./.venv ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@touch $@

.venv/development: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing Py360 and its test tools into ./.venv ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps -e .
	@touch $@ .venv/runtime

.venv/bin/python:
	@test -w . || { echo "This folder cannot be written to. Copy the checkout to a folder of yours, and run make there." >&2; exit 1; }
	@test -n "$(PYTHON)" || { echo "Py360 needs Python 3.11 or newer; none was found." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
