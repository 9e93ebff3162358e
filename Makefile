# `make help` lists the targets. Each sets up what it needs: a venv in .venv, made anew when pyproject.toml changes.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help demo test lint types clients tests pythons threads hooks fuzz differential fuzz-coverage bench bench-compare bench-instructions bench-micro bench-processes bench-serve bounds bounds-search load mutants test-lowest test-newest test-spark docs dist audit clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m tests.distribution.environment $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

# The SDKs that the tests send with, each version in a folder of its own. What can't be had is left out, and its test says so.
CLIENTS := $(VENV)/clients
$(CLIENTS)/ready: $(VENV)/ready tests/clients/package.json
	mkdir -p $(CLIENTS)/node
	-$(BIN)/python -m pip install --quiet --upgrade --target $(CLIENTS)/sentry-sdk-2 "sentry-sdk>=2"
	-$(BIN)/python -m pip install --quiet --upgrade --target $(CLIENTS)/sentry-sdk-1 "sentry-sdk<2"
	-$(BIN)/python -m pip install --quiet --upgrade --target $(CLIENTS)/raven-6 "raven==6.10.0"
	cp tests/clients/package.json $(CLIENTS)/node
	-cd $(CLIENTS)/node && npm install --no-audit --no-fund --no-package-lock --loglevel=error
	touch $@

# What a target does stands behind it, after `##`.
help:  ## this list
	@sed -nE 's/^([a-z][a-z -]*):[^#=]*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	  printf '  %-24s %s\n' "$$name" "$$text"; done

demo: $(VENV)/ready  ## decode recorded requests of many clients and show the answers
	$(BIN)/python docs/examples/demo.py

test: lint types tests  ## lint, types and tests: what every change must pass

lint: $(VENV)/ready  ## ruff, its formatter, and the check that patterns are linear
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.checks.linear_patterns

types: $(VENV)/ready  ## mypy, and of the code on the pages basedpyright as well
	$(BIN)/mypy
	$(BIN)/python -m tests.checks.page_types

# A process for each core, four at most, which takes over tests of another that has more left to do.
PARALLEL := -n logical --maxprocesses 4 --dist worksteal

# Fails where one of them can't be had.
clients: $(CLIENTS)/ready  ## the SDKs that the tests send with, all of them
	@for folder in sentry-sdk-2 sentry-sdk-1 raven-6 $(addprefix node/node_modules/,@sentry/browser @sentry/node esbuild jsdom raven); do \
	  test -d "$(CLIENTS)/$$folder" || { echo "$$folder can't be installed; make clean, and try again"; exit 1; } \
	done

tests: $(CLIENTS)/ready  ## the tests with coverage, and the SDKs that they send with
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PARALLEL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

$(VENV)/nox-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group nox
	touch $@

# noxfile.py finds the Pythons; one that is not at hand is skipped, and the list at the end says so.
pythons: $(VENV)/nox-ready  ## the tests on each Python at hand, 3.11 to 3.14; ARGS for pytest
	$(BIN)/nox --reuse-existing-virtualenvs --session tests -- $(ARGS)

# RUNS processes for each function and for 2, 4 and 8 threads.
RUNS ?= 100
threads: $(VENV)/nox-ready  ## first calls in threads on each Python at hand; RUNS=20 for fewer processes
	$(BIN)/nox --reuse-existing-virtualenvs --session threads -- --runs $(RUNS)

hooks: $(VENV)/ready  ## have git run the checks of `make lint` and mypy before each commit
	$(BIN)/python -m pip install --quiet --group hooks
	$(BIN)/pre-commit install

# The property tests again with many more examples: minutes, not seconds.
fuzz: $(VENV)/ready  ## the property tests with many more examples, other ones each time: minutes
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -m hypothesis $(ARGS)

# EVENTS drawn events of several kinds, at 3 ms each. SEED=7 draws the same ones again.
EVENTS ?= 30000
differential: $(VENV)/ready  ## drawn events through Relay's normalizer and this one: minutes; EVENTS=300000 for more
	$(BIN)/python -m tests.differential --events $(EVENTS) $(if $(SEED),--seed $(SEED)) $(ARGS)

FUZZ_VENV ?= .venv-fuzz
$(FUZZ_VENV)/ready: pyproject.toml
	$(PYTHON) -m tests.distribution.environment $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(FUZZ_VENV)/bin/python -m pip install --quiet --editable . --group fuzz
	touch $@

# Each target of tests/fuzz until its coverage stands still, which takes hours for all; needs a Python that atheris has
# wheels for, 3.11 to 3.13. TARGET=event fuzzes one, RUNS=20000 for so many executions, MINUTES=5 no longer than that.
# ARGS=--keep adds what was found to tests/data/fuzz_corpus.jsonl.
fuzz-coverage: $(FUZZ_VENV)/ready  ## fuzz guided by coverage: hours; TARGET=event MINUTES=5 for less
	$(FUZZ_VENV)/bin/python -m tests.fuzz $(TARGET) $(if $(RUNS),--runs $(RUNS)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

$(VENV)/mutants-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group mutation
	touch $@

# What the tests of a module notice of small changes to it: minutes. `make mutants MODULE=limits` takes one module.
mutants: $(VENV)/mutants-ready  ## what the tests notice of small changes: minutes; MODULE=limits for one module
	$(BIN)/python -m tests.mutation $(MODULE)

# The tests with the lowest version, and with the newest, of each package that pyproject.toml takes at run time, each in a
# venv of its own that is made anew. ARGS takes what pytest takes.
test-lowest test-newest: test-%:  ## the tests with the lowest, or the newest, versions that pyproject.toml takes
	$(PYTHON) -m tests.distribution.environment --clear $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(if $(filter lowest,$*),$(PYTHON) -m tests.distribution.lowest) > $(VENV)-$*/constraints.txt
	$(VENV)-$*/bin/python -m pip install --quiet --constraint $(VENV)-$*/constraints.txt --editable . --group tests
	$(VENV)-$*/bin/python -m pip freeze --exclude-editable
	$(VENV)-$*/bin/python -m pytest $(or $(ARGS),$(PARALLEL))

# Archives of events on a local cluster of Spark, which needs Java 17.
test-spark:  ## normalization with Spark on a local cluster; needs Java 17
	$(PYTHON) -m tests.distribution.environment $(VENV)-spark
	$(VENV)-spark/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(VENV)-spark/bin/python -m pip install --quiet --editable ".[spark]" --group tests
	$(VENV)-spark/bin/python -m pytest tests/test_spark.py $(ARGS)

$(VENV)/dist-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group dist
	touch $@

DOCS_VENV ?= .venv-docs
$(DOCS_VENV)/ready: pyproject.toml
	$(PYTHON) -m tests.distribution.environment $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(DOCS_VENV)/bin/python -m pip install --quiet --editable . --group docs
	touch $@

# The site, in `site`; a warning is an error. `make docs ARGS="serve"` shows it, and builds it anew when a file changes.
docs: $(DOCS_VENV)/ready  ## build the site of the docs, in site; ARGS=serve shows it on 127.0.0.1:8000
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/python -m mkdocs $(or $(ARGS),build --strict)

# The wheel and the sdist of the last commit, in dist: built twice and compared, checked, and tried out in an empty venv.
dist: $(VENV)/dist-ready  ## build a release twice, compare the bytes, check it and try it out
	$(BIN)/python -m tests.distribution.build dist
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(PYTHON) -m tests.distribution.environment --clear $(VENV)-dist
	$(VENV)-dist/bin/python -m pip install --quiet dist/*.whl
	$(VENV)-dist/bin/python -I tests/distribution/smoke.py

# Known vulnerabilities of what is needed at run time. It fails, too, where it could learn nothing.
audit:  ## known vulnerabilities of what is needed at run time
	$(PYTHON) -m tests.distribution.audit

$(VENV)/bench-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group benchmarks
	touch $@

# Normalization beside its peers, into docs/performance.md: minutes.
bench: $(VENV)/bench-ready  ## measure against peers, into docs/performance.md: minutes
	$(BIN)/python -m benchmarks.compare --write docs

# make bench-compare REV=<an earlier revision>, to 1 or 2 %: minutes. ARGS takes options, which docs/performance.md lists.
bench-compare: $(VENV)/ready  ## measure against an earlier revision: REV=<revision>, ARGS for more
	$(BIN)/python -m benchmarks.revisions $(REV) $(ARGS)

# Needs valgrind. ARGS=--write keeps the counts.
bench-instructions: $(VENV)/ready  ## count instructions beside those that were kept: minutes
	$(BIN)/python -m benchmarks.instructions $(ARGS)

# Each stage alone: a minute. ARGS=--benchmark-save=before keeps the figures, ARGS=--benchmark-compare holds them
# against the last that were kept, and ARGS="-k steps" measures a part.
bench-micro: $(VENV)/bench-ready  ## measure each stage alone: a minute
	$(BIN)/python -m pytest benchmarks $(ARGS)

# ARGS='--only "header lines"' measures a part, and prints it.
bounds: $(VENV)/ready  ## measure what hostile input costs, into docs/bounds.md: ten minutes
	$(BIN)/python -m benchmarks.bounds $(or $(ARGS),--write docs)

# Keeps ten in benchmarks/bounds/found.json.
bounds-search: $(VENV)/ready  ## look for input that costs more: five minutes
	$(BIN)/python -m benchmarks.bounds.search $(ARGS)

# Ten minutes of good, corrupt and hostile requests against `store-protocol serve`, then a stop under load.
load: $(VENV)/bench-ready  ## ten minutes of good, corrupt and hostile requests against serve
	$(BIN)/python -m benchmarks.load --minutes 10

# What serve costs beside the server that it runs on; needs the load tool wrk.
bench-serve: $(VENV)/bench-ready  ## what serve costs beside the server that it runs on; needs wrk
	$(BIN)/python -m benchmarks.serve_rate

# Workers of serve by the processor's seconds, processes of normalize_many by the clock, into docs/performance.md: ten minutes.
bench-processes: $(VENV)/bench-ready  ## what several processes take and bring: ten minutes
	$(BIN)/python -m benchmarks.processes --write docs

clean:  ## remove everything that these targets have made
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-newest $(VENV)-spark $(VENV)-dist $(FUZZ_VENV) $(DOCS_VENV) dist site .fuzz .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
