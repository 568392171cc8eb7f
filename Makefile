# make run: the whole thing on a sample export.  make test: the tests.  make dev: Dagster's web UI.
# make notebooks: notebooks on the published file.  make bench: how fast, beside others; EVENTS="1 5" names the millions.
VENV := .venv
PYTHON ?= python3
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.8
# Compiled once, here: where Python may not keep what it compiles, each command would take three seconds more.
export UV_COMPILE_BYTECODE := 1
SAMPLE := data/sample/sojourn.toml
EVENTS ?= 1 5 20
ROUNDS ?= 3
export UV_PROJECT_ENVIRONMENT := $(VENV)
export DAGSTER_HOME := $(CURDIR)

.PHONY: run sample test test-all check bench bench-nights dev notebooks clean

run: $(VENV)/.users $(SAMPLE)
	@$(VENV)/bin/sojourn run --settings $(SAMPLE)

$(SAMPLE): | $(VENV)/.users
	@$(VENV)/bin/sojourn sample --out $(@D)

dev: $(VENV)/.users
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/dg dev

notebooks: $(VENV)/.analysts
	SOJOURN_DATABASE="$$($(VENV)/bin/python -c 'from models.settings import read_settings; print(read_settings().database)')" $(VENV)/bin/marimo edit notebooks

# What a person looks at are their own exports, once `sojourn init` has written their settings; before that, the sample.
dev notebooks: export SOJOURN_SETTINGS ?= $(if $(wildcard sojourn.toml),sojourn.toml,$(SAMPLE))

test: $(VENV)/.developers
	$(VENV)/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: $(VENV)/.developers $(VENV)/.measurers
	$(VENV)/bin/pytest -n 2 --dist loadfile

bench: $(VENV)/.measurers
	$(VENV)/bin/python -m tests.benchmarks --events $(EVENTS) --rounds $(ROUNDS)

bench-nights: $(VENV)/.developers
	$(VENV)/bin/python -m tests.benchmarks.nights

check: $(VENV)/.developers
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

clean:
	rm -rf data/sample data/dagster

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sojourn needs Python 3.11 or later; say which with make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.users: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --no-default-groups --inexact --quiet
	@touch $@

$(VENV)/.analysts: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --no-default-groups --extra notebooks --inexact --quiet
	@touch $@

$(VENV)/.developers: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --all-extras --inexact --quiet
	@touch $@ $(VENV)/.users

$(VENV)/.measurers: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --group bench --inexact --quiet
	@touch $@
