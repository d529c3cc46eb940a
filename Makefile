# make demo   watch a DAG manage a Segment destination, against a local Segment
# make test   lint, types, tests
# make help   the rest

PYTHON  ?= python3
AIRFLOW ?= 3.3
VENV    := $(if $(filter 3.3,$(AIRFLOW)),.venv,.venv-$(AIRFLOW))
BIN     := $(VENV)/bin
PINS    := constraints/airflow-$(AIRFLOW).txt
STAMP   := $(VENV)/.installed
# The tests look at Airflow 3.3's UI in a browser; what drives it is 50 MB, so it comes only where there is a browser.
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
BROWSER := $(if $(filter 3.3,$(AIRFLOW)),$(if $(CHROMIUM),$(VENV)/.browser))
# A test worker a core; one that is done early takes tests from the others, since some take a minute.
WORKERS ?= auto
PYTEST  := $(BIN)/pytest -n $(WORKERS) --dist worksteal

# Airflow starts in a third of the time where Python keeps what it compiled; beside the sources it may not be wanted.
ifdef PYTHONDONTWRITEBYTECODE
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode
endif

.DEFAULT_GOAL := help
.PHONY: help demo ui test quick lint types pytest pictures dist wheel live checks test-long histories fuzz test-matrix bench docs constraints clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  AIRFLOW=2.11 chooses the other Airflow, PYTHON=python3.12 the interpreter."

demo: $(STAMP)  ## a DAG creates, fills, waits for, changes and removes a destination
	@$(BIN)/python -m dev.demo

ui: $(STAMP)  ## the example DAGs in a real Airflow UI on 127.0.0.1, with a local Segment; Ctrl-C ends it
	@$(BIN)/python -m dev.demo.ui

test: lint types pytest  ## lint, types and tests

# Tests that start no Airflow and rarely wait, with fewer examples per property test.
QUICK := tests/test_package.py tests/test_provider_info.py tests/protocol tests/transport tests/hooks tests/operators \
	tests/sensors --ignore=tests/sensors/modes tests/notifications tests/assets tests/links tests/example_dags tests/docs

quick: $(STAMP)  ## run the fast tests; 20 seconds
	SEGMENT_TEST_EXAMPLES=30 $(PYTEST) $(QUICK)

lint: $(STAMP)  ## ruff, with the Airflow rules
	$(BIN)/ruff check --quiet . && $(BIN)/ruff check --quiet --preview --select AIR .
	$(BIN)/ruff format --check .

# Airflow 2.11 carries no types for the names that common-compat maps; the types are checked once, against Airflow 3.
types: $(STAMP)  ## mypy --strict
ifeq ($(AIRFLOW),3.3)
	$(BIN)/mypy
else
	@echo "types are checked with AIRFLOW=3.3"
endif

pytest: $(STAMP)  ## the tests alone
	$(PYTEST)

pictures: $(STAMP) $(BROWSER)  ## take the pictures of Airflow's UI in docs/images anew
	SEGMENT_PICTURES=docs/images $(BIN)/pytest -m live tests/ui/test_in_a_browser.py

dist: $(STAMP)  ## sdist and wheel, in dist/
	rm -rf dist && $(BIN)/python -m hatchling build

# Where a user would be, on Airflow 3.3 and 2.11.
wheel: $(STAMP)  ## the README's test of a DAG, where only the built wheel is installed
	$(BIN)/pytest -m fresh_environment tests/user_example

# One Airflow after the other: each is several processes.
live: $(STAMP) $(BROWSER)  ## what takes a real Airflow: waits that outlive a killed triggerer, the search for secrets, make ui
	$(BIN)/pytest -m live tests/canaries tests/live tests/dev/local_airflow tests/ui

# 100 for the large counts, 10 for a tenth of them.
SCALE ?= 100

# .ci/run and .github/workflows/ci.yml run this and `make test`.
checks: SCALE := 10
checks: docs demo dist wheel histories fuzz live  ## run what CI runs besides make test; a tenth of the large counts

test-long: $(STAMP) histories fuzz live  ## the large counts: histories, faults, kills, fuzzing; about an hour
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) tests/exactly_one
	SEGMENT_TEST_EXAMPLES=3000 SANDBOX_FUZZ_EXAMPLES=1000 $(PYTEST) tests/protocol tests/sandbox/test_robustness.py \
		tests/sensors/modes/test_same_verdict.py

histories: $(STAMP)  ## 1,000 x SCALE histories of faults, crashes and re-runs, against a model of Segment
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) tests/simulation/test_histories.py

fuzz: $(STAMP)  ## 200 x SCALE answers of any kind, 50 x SCALE tasks with hostile arguments; SEGMENT_TEST_SEED moves them
	SEGMENT_TEST_SCALE=$(SCALE) $(PYTEST) -rP --show-capture=stdout tests/hostile/fuzzing

test-matrix: $(STAMP)  ## the tests on Airflow 3.3, 3.0 and 2.11, each Python, newest and lowest versions; an hour
	$(BIN)/nox

# With the other providers beside us, which the tests do without.
BENCH_VENV  := $(VENV)-bench
BENCH_STAMP := $(BENCH_VENV)/.installed

bench: $(BENCH_STAMP)  ## benchmarks: ratios taken in one run, on a machine with nothing else to do
	$(BENCH_VENV)/bin/python -m dev.benchmarks.listing
	$(BENCH_VENV)/bin/python -m dev.benchmarks.imports
	$(BENCH_VENV)/bin/python -m dev.benchmarks.waits

# Every warning is an error, so is a reference that leads nowhere.
docs: $(STAMP) $(VENV)/.docs  ## the documentation, into docs/_build
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --builder html docs docs/_build
	@echo "docs/_build/index.html"

.venv: $(STAMP)

# uv installs Airflow in seconds where pip takes a minute; where only pip knows the way to a registry, pip does it.
WANTED = --quiet --constraint $(PINS) "apache-airflow==$(AIRFLOW).*" --editable '.[dev]'
PIP     = $(@D)/bin/python -m pip install --disable-pip-version-check

$(STAMP): pyproject.toml $(PINS)
$(BENCH_STAMP): pyproject.toml $(PINS) dev/benchmarks/peers.txt
$(BENCH_STAMP): WANTED += --requirement dev/benchmarks/peers.txt

$(STAMP) $(BENCH_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	@echo "making $(@D) with Airflow $(AIRFLOW) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(PIP) --quiet --constraint $(PINS) uv
	@$(@D)/bin/uv pip install --python $(@D)/bin/python $(WANTED) || $(PIP) $(WANTED)
	@touch $@

$(VENV)/.browser: $(STAMP)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --editable '.[browser]' \
	 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(PINS) --editable '.[browser]'
	@touch $@

# Beside Airflow, since the reference is read from the code itself.
$(VENV)/.docs: $(STAMP) constraints/docs.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --constraint constraints/docs.txt --editable '.[docs]' \
	 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(PINS) --constraint constraints/docs.txt --editable '.[docs]'
	@touch $@

# Only the newest Airflow: the pins of 2.11 are the last set known to work together and change by hand.
constraints: $(STAMP)  ## resolve the newest versions into constraints/airflow-3.3.txt anew
	{ echo "# Exact versions for Airflow 3.3; made by: make constraints"; \
	  printf 'apache-airflow==3.3.*\nhatchling\nuv\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	    --no-header --no-annotate --extra dev --extra browser --no-emit-package airflow-provider-segment pyproject.toml - ; \
	} > constraints/.new && mv constraints/.new constraints/airflow-3.3.txt

clean:  ## remove the environments and what the tools left
	rm -rf .venv .venv-* .nox build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
