# make demo   run a DAG that manages a destination in a local Segment
# make test   run lint, type checks and tests
# make help   list all targets

PYTHON  ?= python3
AIRFLOW ?= 3.3
VENV    := $(if $(filter 3.3,$(AIRFLOW)),.venv,.venv-$(AIRFLOW))
BIN     := $(VENV)/bin
PINS    := constraints/airflow-$(AIRFLOW).txt
STAMP   := $(VENV)/.installed
# The browser tests of Airflow 3.3's UI need Playwright (50 MB): install it only where there is a Chromium.
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
BROWSER := $(if $(filter 3.3,$(AIRFLOW)),$(if $(CHROMIUM),$(VENV)/.browser))
# One test worker per core. Some tests take half a minute, so idle workers steal tests from busy ones.
WORKERS ?= auto
PYTEST  := $(BIN)/pytest -n $(WORKERS) --dist worksteal

# Airflow starts three times as fast from cached bytecode. If PYTHONDONTWRITEBYTECODE keeps the cache out of the source
# folders, store it in the environment.
ifdef PYTHONDONTWRITEBYTECODE
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode
endif

.DEFAULT_GOAL := help
.PHONY: help demo ui test quick lint types pytest pictures dist wheel conformance live checks test-long histories fuzz test-matrix \
	bench cluster cluster-quick docs constraints clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  AIRFLOW=2.11 selects the other Airflow, PYTHON=python3.12 the interpreter."
	@echo "  tests/README.md says how long each target takes."

demo: $(STAMP)  ## run a DAG that creates a destination, waits for deliveries, changes and removes it
	@$(BIN)/python -m dev.demo

ui: $(STAMP)  ## serve the example DAGs in a real Airflow UI on 127.0.0.1, with a local Segment, until Ctrl-C
	@$(BIN)/python -m dev.demo.ui

test: lint types pytest  ## run lint, type checks and tests

# Tests that start no Airflow and rarely wait, without the slow ones, and with fewer examples per property test.
QUICK := tests/test_package.py tests/test_layers.py tests/test_provider_info.py tests/protocol tests/transport tests/hooks \
	tests/operators tests/sensors --ignore=tests/sensors/modes tests/notifications tests/assets tests/links tests/example_dags tests/docs

quick: $(STAMP)  ## run the fast tests
	SEGMENT_TEST_EXAMPLES=30 $(PYTEST) -m "not slow and not live and not fresh_environment" $(QUICK)

lint: $(STAMP)  ## run ruff, with its Airflow rules
	$(BIN)/ruff check --quiet . && $(BIN)/ruff check --quiet --preview --select AIR .
	$(BIN)/ruff format --check .

# On Airflow 2.11 the names from common-compat have no types, so check types against 3.3 only.
types: $(STAMP)  ## run mypy --strict
ifeq ($(AIRFLOW),3.3)
	$(BIN)/mypy
else
	@echo "types are checked with AIRFLOW=3.3 only"
endif

pytest: $(STAMP)  ## run the tests only
	$(PYTEST)

pictures: $(STAMP) $(BROWSER)  ## retake the screenshots of Airflow's UI in docs/images
	SEGMENT_PICTURES=docs/images $(BIN)/pytest -m live tests/ui/test_in_a_browser.py

dist: $(STAMP)  ## build the sdist and the wheel into dist/
	rm -rf dist && $(BIN)/python -m hatchling build

wheel: $(STAMP)  ## run the README's DAG test against the installed wheel, on Airflow 3.3 and 2.11
	$(BIN)/pytest -m fresh_environment tests/user_example

# Schemathesis needs newer versions of some of Airflow's dependencies: a separate environment.
SCHEMATHESIS_VENV  := $(VENV)-schemathesis
SCHEMATHESIS_STAMP := $(SCHEMATHESIS_VENV)/.installed

conformance: $(STAMP) $(SCHEMATHESIS_STAMP)  ## test the sandbox against its OpenAPI description
	$(BIN)/python -m dev.conformance $(SCHEMATHESIS_VENV)/bin/schemathesis

$(SCHEMATHESIS_STAMP): $(STAMP) constraints/schemathesis.txt
	@$(PYTHON) -m venv --clear $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --requirement constraints/schemathesis.txt \
	 || $(PIP) --quiet --requirement constraints/schemathesis.txt
	@touch $@

# A cluster needs Celery and a driver for PostgreSQL, which the tests do not: a separate environment, for Airflow 3.3 only.
CLUSTER_VENV  := .venv-cluster
CLUSTER_STAMP := $(CLUSTER_VENV)/.installed
CLUSTER       := $(CLUSTER_VENV)/bin/python -m dev.cluster
# More options for it, such as CLUSTER_OPTIONS="--factor 1 --seed 7"; --help lists them.
CLUSTER_OPTIONS ?=

cluster: $(CLUSTER_STAMP)  ## kill and freeze parts of an Airflow cluster while it manages 100 destinations
	@$(CLUSTER) $(CLUSTER_OPTIONS)

cluster-quick: $(CLUSTER_STAMP)  ## a short make cluster: 10 destinations, one kill and one freeze
	@$(CLUSTER) --quick $(CLUSTER_OPTIONS)

# No parallel workers: each Airflow is several processes.
live: $(STAMP) $(BROWSER) $(if $(filter 3.3,$(AIRFLOW)),$(CLUSTER_STAMP))  ## run the tests that need a real Airflow: killed triggerers, leaked secrets, the UI
	$(BIN)/pytest -m live tests/canaries tests/live tests/dev tests/ui

# 100 runs the full counts, 10 a tenth of them.
SCALE ?= 100

# .ci/run and .github/workflows/ci.yml run this, `make test` and `make cluster-quick`. The large counts, `make live` and
# `make cluster` take too long for them.
checks: docs demo dist wheel conformance  ## run what CI runs besides make test and make cluster-quick

test-long: $(STAMP) histories fuzz live  ## run the tests with large counts: histories, faults, kills, fuzzing
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) tests/exactly_one
	SEGMENT_TEST_EXAMPLES=3000 SANDBOX_FUZZ_EXAMPLES=1000 $(PYTEST) tests/protocol tests/sandbox/test_robustness.py \
		tests/sensors/modes/test_same_verdict.py

histories: $(STAMP)  ## simulate 1,000 x SCALE histories of faults, crashes and reruns against a model of Segment
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) tests/simulation/test_histories.py

fuzz: $(STAMP)  ## test 200 x SCALE random responses and 50 x SCALE tasks with hostile arguments; SEGMENT_TEST_SEED is the first seed
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) -rP --show-capture=stdout tests/hostile/fuzzing

test-matrix: $(STAMP)  ## run the tests on each Airflow and Python, with the newest and lowest dependencies
	$(BIN)/nox

# The benchmarks compare with other providers, which the tests do not need: a separate environment.
BENCH_VENV  := $(VENV)-bench
BENCH_STAMP := $(BENCH_VENV)/.installed

bench: $(BENCH_STAMP)  ## run the benchmarks, on an otherwise idle machine
	$(BENCH_VENV)/bin/python -m dev.benchmarks.listing
	$(BENCH_VENV)/bin/python -m dev.benchmarks.imports
	$(BENCH_VENV)/bin/python -m dev.benchmarks.creates
	$(BENCH_VENV)/bin/python -m dev.benchmarks.waits

# Fail on warnings and on broken references.
docs: $(STAMP) $(VENV)/.docs  ## build the documentation into docs/_build
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --builder html docs docs/_build
	@echo "docs/_build/index.html"

.venv: $(STAMP)

# uv installs Airflow in seconds, pip in a minute. Fall back to pip where only pip can reach a registry.
WANTED = --quiet --constraint $(PINS) "apache-airflow==$(AIRFLOW).*" --editable '.[dev]'
PIP     = $(@D)/bin/python -m pip install --disable-pip-version-check

$(STAMP): pyproject.toml $(PINS)
$(CLUSTER_STAMP): pyproject.toml constraints/airflow-3.3.txt constraints/cluster.txt
$(CLUSTER_STAMP): override AIRFLOW := 3.3
$(CLUSTER_STAMP): PINS := constraints/airflow-3.3.txt
$(CLUSTER_STAMP): WANTED += --requirement constraints/cluster.txt
$(BENCH_STAMP): pyproject.toml $(PINS) dev/benchmarks/peers.txt
$(BENCH_STAMP): WANTED += --requirement dev/benchmarks/peers.txt

$(STAMP) $(BENCH_STAMP) $(CLUSTER_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	@echo "creating $(@D) with Airflow $(AIRFLOW) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(PIP) --quiet --constraint $(PINS) uv
	@$(@D)/bin/uv pip install --python $(@D)/bin/python $(WANTED) || $(PIP) $(WANTED)
	@touch $@

$(VENV)/.browser: $(STAMP)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --editable '.[browser]' \
	 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(PINS) --editable '.[browser]'
	@touch $@

# Same environment as Airflow: Sphinx imports the package to read its docstrings.
$(VENV)/.docs: $(STAMP) constraints/docs.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --constraint constraints/docs.txt --editable '.[docs]' \
	 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(PINS) --constraint constraints/docs.txt --editable '.[docs]'
	@touch $@

# Airflow 3.3 only: the pins of 2.11 are the last set known to work together; edit them by hand.
constraints: $(STAMP)  ## update constraints/airflow-3.3.txt to the newest versions
	{ echo "# Exact versions for Airflow 3.3; made by: make constraints"; \
	  printf 'apache-airflow==3.3.*\nhatchling\nuv\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	    --no-header --no-annotate --extra dev --extra browser --no-emit-package airflow-provider-segment pyproject.toml - ; \
	} > constraints/.new && mv constraints/.new constraints/airflow-3.3.txt

clean:  ## remove the environments, build results and caches
	rm -rf .venv .venv-* .nox build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
