# Every target sets up what it needs: a venv in .venv, made anew when pyproject.toml changes.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types tests threads fuzz fuzz-coverage bench bench-compare bench-micro bench-serve load mutants test-lowest test-newest dist audit clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
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

demo: $(VENV)/ready
	$(BIN)/python docs/examples/demo.py

test: lint types tests

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.checks.linear_patterns

types: $(VENV)/ready
	$(BIN)/mypy

tests: $(CLIENTS)/ready
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

# The first calls of a process, in 2, 4 and 8 threads: RUNS processes for each function and count, on each Python at hand.
PYTHONS ?= python3.11 python3.12 python3.13 python3.14
RUNS ?= 100
threads:
	@versions=$$(pyenv versions --bare 2>/dev/null | paste -sd: -); failed=0; \
	for name in $(PYTHONS); do \
	  python=$$(PYENV_VERSION=$$versions $$name -c "import sys; print(sys.executable)" 2>/dev/null); \
	  if [ -z "$$python" ]; then echo "$$name is not at hand"; continue; fi; \
	  [ -x $(VENV)/$$name/bin/python ] || $$python -m venv $(VENV)/$$name; \
	  $(VENV)/$$name/bin/python -m pip install --quiet --editable . || failed=1; \
	  $(VENV)/$$name/bin/python -m tests.threads --runs $(RUNS) || failed=1; \
	done; exit $$failed

# The property tests again with many more examples: minutes, not seconds.
fuzz: $(VENV)/ready
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -k property

FUZZ_VENV ?= .venv-fuzz
$(FUZZ_VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(FUZZ_VENV)/bin/python -m pip install --quiet --editable . --group fuzz
	touch $@

# Each target of tests/fuzz until its coverage stands still, which takes hours for all; needs a Python that atheris has
# wheels for, 3.11 to 3.13. TARGET=event fuzzes one, RUNS=20000 for so many executions, MINUTES=5 no longer than that.
fuzz-coverage: $(FUZZ_VENV)/ready
	$(FUZZ_VENV)/bin/python -m tests.fuzz $(TARGET) $(if $(RUNS),--runs $(RUNS)) $(if $(MINUTES),--minutes $(MINUTES))

$(VENV)/mutants-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group mutation
	touch $@

# What the tests of a module notice of small changes to it: minutes. `make mutants MODULE=limits` takes one module.
mutants: $(VENV)/mutants-ready
	$(BIN)/python -m tests.mutation $(MODULE)

# The tests with the lowest version, and with the newest, of each package that pyproject.toml takes at run time, each in a
# venv of its own that is made anew. ARGS takes what pytest takes.
test-lowest test-newest: test-%:
	$(PYTHON) -m venv --clear $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(if $(filter lowest,$*),$(PYTHON) -m tests.distribution.lowest) > $(VENV)-$*/constraints.txt
	$(VENV)-$*/bin/python -m pip install --quiet --constraint $(VENV)-$*/constraints.txt --editable . --group tests
	$(VENV)-$*/bin/python -m pip freeze --exclude-editable
	$(VENV)-$*/bin/python -m pytest $(ARGS)

$(VENV)/dist-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group dist
	touch $@

# The wheel and the sdist of the last commit, in dist: built twice and compared, checked, and tried out in an empty venv.
dist: $(VENV)/dist-ready
	$(BIN)/python -m tests.distribution.build dist
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(PYTHON) -m venv --clear $(VENV)-dist
	$(VENV)-dist/bin/python -m pip install --quiet dist/*.whl
	$(VENV)-dist/bin/python -I tests/distribution/smoke.py

# Known vulnerabilities of what is needed at run time. It fails, too, where it could learn nothing.
audit:
	$(PYTHON) -m tests.distribution.audit

$(VENV)/bench-ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --group benchmarks
	touch $@

# Normalization beside its peers, into docs/performance.md: minutes.
bench: $(VENV)/bench-ready
	$(BIN)/python -m benchmarks.compare --write docs

# make bench-compare REV=<an earlier revision>, to 1 or 2 %: minutes. ARGS takes options, which docs/performance.md lists.
bench-compare: $(VENV)/ready
	$(BIN)/python -m benchmarks.revisions $(REV) $(ARGS)

# Each stage alone: a minute. ARGS=--benchmark-save=before keeps the figures, ARGS=--benchmark-compare holds them
# against the last that were kept, and ARGS="-k steps" measures a part.
bench-micro: $(VENV)/bench-ready
	$(BIN)/python -m pytest benchmarks $(ARGS)

# Ten minutes of good, corrupt and hostile requests against `store-protocol serve`, then a stop under load.
load: $(VENV)/bench-ready
	$(BIN)/python -m benchmarks.load --minutes 10

# What serve costs beside the server that it runs on; needs the load tool wrk.
bench-serve: $(VENV)/bench-ready
	$(BIN)/python -m benchmarks.serve_rate

clean:
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-newest $(VENV)-dist $(FUZZ_VENV) dist .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
