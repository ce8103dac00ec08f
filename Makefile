# Two commands are enough: `make demo` and `make test`. Both set themselves up. `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SOURCE ?= sample
DATA ?=
CUSTOMERS ?= 10000
export CK_CUSTOMERS = $(CUSTOMERS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test lint types check bench status stop clean lock

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo "  make demo CUSTOMERS=2000                                   a smaller sample insurer"
	@echo "  make demo SOURCE=motor_portfolio DATA=path/to/file.csv     a real insurer's portfolio"

$(BIN)/uv: requirements/bootstrap.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || \
		{ echo "Python 3.11 or 3.12 is needed, $(PYTHON) is another; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.lock
	@touch $@

# Compiled once here: where Python is told to write no bytecode, every dbt and Airflow process would compile anew.
$(VENV)/runtime.stamp: $(BIN)/uv requirements/runtime.lock pyproject.toml
	@echo "setting up $(VENV) (a minute or two the first time)"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
		-r requirements/runtime.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements/dev.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
		-r requirements/dev.lock
	@touch $@

setup: $(VENV)/runtime.stamp  ## Make .venv from the locks
setup-dev: $(VENV)/dev.stamp  ## The same, with what tests and lint need

demo: setup  ## Set everything up and run a business day; once more: the next day
	@$(BIN)/ck demo --source $(SOURCE) $(if $(DATA),--data "$(DATA)")

# Days through Airflow wait more than they work, so they run beside all other tests, each with a PostgreSQL of its own.
test: setup-dev  ## Set everything up and run all tests (real PostgreSQL, real Airflow)
	@$(BIN)/pytest --ignore tests/end_to_end & others=$$!; \
		$(BIN)/pytest tests/end_to_end; days=$$?; \
		wait $$others && exit $$days

lint: setup-dev  ## Style of Python and SQL, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint dbt_project --processes 2

types: setup-dev  ## mypy, strict
	@$(BIN)/mypy

check: lint types test  ## What CI runs

$(VENV)/bench.stamp: $(VENV)/dev.stamp requirements/bench.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
		-r requirements/bench.lock
	@touch $@

bench: $(VENV)/bench.stamp  ## Benchmarks: seconds, rows a second, ratios within one run
	@$(BIN)/pytest tests/benchmarks -q -s -p no:cacheprovider

status: setup  ## What runs, and what readers see
	@$(BIN)/ck status

stop:  ## Stop Airflow and PostgreSQL; data stays
	@test ! -x $(BIN)/ck || $(BIN)/ck down

clean:  ## Remove everything that was made, .venv and data included
	@test ! -x $(BIN)/ck || $(BIN)/ck down --remove-data
	@rm -rf .data $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dbt_project/target dbt_project/logs

lock: $(BIN)/uv  ## Resolve requirements/*.in anew into the locks
	@for name in bootstrap runtime dev bench; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			requirements/$$name.in -o requirements/$$name.lock || exit 1; done
