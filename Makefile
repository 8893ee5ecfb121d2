PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all ci lint types bench eval clean setup services
.DEFAULT_GOAL := help

help:
	@echo "make demo   set up, play the crisis over loopback HTTP and score the result (about two minutes with the set-up)"
	@echo "make test   set up and run the tests"
	@echo "make ci     lint, types, import rules and all tests: what CI runs"
	@echo "make services   start real Kafka, Elasticsearch and Prism for work by hand (Java 17, Maven, Go), until Ctrl-C"
	@echo "make eval   how well the matcher codes, on the labelled articles of benchmarks/kirkuk_dev and on what else is there"
	@echo "make test-all   also the longest tests (half an hour)"
	@echo "make lint | types | bench | clean"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; call: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once, about a minute) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/kirkuk demo

# In three turns: what needs no server; what does, side by side, for much of it waits; what needs the machine for itself.
test: $(READY)
	@nice $(BIN)/python tests/servers/artifacts.py kafka elastic prism >/dev/null 2>&1 & \
	$(BIN)/python -m pytest -n 2 -m "not slow and not servers"
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "servers and not slow and not nightly"
	$(BIN)/python -m pytest -m "slow and not nightly"

# Everything, one after the other: half an hour.
test-all: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

ci: lint types test

services: $(READY)
	@$(BIN)/python tests/servers/services.py

bench: $(READY)
	$(BIN)/python -m benchmarks

eval: $(READY)
	$(BIN)/python -m benchmarks.eval

clean:
	rm -rf $(VENV) data dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
