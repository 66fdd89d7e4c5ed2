# Everything that a person or a build runs here; `make` alone lists it. Set-up happens by itself, once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Today for the demonstration, so that it says the same on any day
DAY := 2026-11-21
CASES ?= ../shared/feel-tck/cases.jsonl
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --no-deps --no-build-isolation --editable .

define show
@printf '\n$$ policyengine %s\n\n' '$(1)'
@$(BIN)/policyengine $(1)
endef

.PHONY: help
help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/installed ## evaluate a ByteKast reseller, ask why, write it a letter, and evaluate a Pugpig partner
	$(call show,evaluate policies/bytekast fixtures/bytekast/records/acme.yaml --as-of $(DAY))
	$(call show,why policies/bytekast fixtures/bytekast/records/acme.yaml reseller-levels --as-of $(DAY))
	$(call show,letter policies/bytekast fixtures/bytekast/records/acme.yaml --as-of $(DAY))
	$(call show,evaluate policies/pugpig fixtures/pugpig/records/northwind.yaml --as-of $(DAY))

.PHONY: test
test: .venv/ready ## run all tests
	$(BIN)/pytest -n auto

.PHONY: lint
lint: .venv/ready ## style, formatting and the layers of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

.PHONY: types
types: .venv/ready ## type checking
	$(BIN)/mypy

.PHONY: check
check: .venv/installed ## check our own policies and run their tests
	$(BIN)/policyengine check policies
	@for program in policies/*/; do $(BIN)/policyengine sources $$program --fail-under 100 || exit 1; done
	$(BIN)/policyengine test fixtures

# Programmes of other vendors whose tests leave nothing out
EXERCISED := amazon-referral killbill-cycles lago-tiers tradewinds-mdf

PROGRAMS := $(notdir $(wildcard fixtures/*))

.PHONY: policytests
policytests: $(PROGRAMS:%=policytests-of-%) exercised ## how much the tests of our policies are worth: coverage, and the mistakes that they notice

.PHONY: $(PROGRAMS:%=policytests-of-%)
$(PROGRAMS:%=policytests-of-%): policytests-of-%: .venv/installed
	$(BIN)/policyengine test fixtures/$* --coverage --fail-under 100 --mutate --fail-under-noticed 95

.PHONY: exercised
exercised: .venv/installed
	$(BIN)/policyengine test $(EXERCISED:%=tests/programmes/%) --coverage --fail-under 100

.PHONY: docs
docs: .venv/ready schemas ## write the generated pages, and every output shown in the documentation, anew
	$(BIN)/python tests/docs/refresh.py

.PHONY: schemas
schemas: .venv/installed ## write the JSON Schemas anew
	$(BIN)/policyengine schema --write schemas

.PHONY: fresh
fresh: .venv/ready ## fail where a generated file is out of date
	$(BIN)/python tests/docs/refresh.py --check

.PHONY: conformance
conformance: .venv/ready ## run the FEEL conformance cases of a file: CASES=path/to/cases.jsonl
	@test -f $(CASES) || { echo "no cases at $(CASES); name the file: make conformance CASES=path/to/cases.jsonl"; exit 2; }
	$(BIN)/python -m policyengine.feel.conformance $(CASES)
	@echo "and as generated code:"
	@$(BIN)/python -m policyengine.feel.conformance $(CASES) --compiled | tail -n 1

MUTANTS ?= 100
SEED ?= 1

.PHONY: mutants
mutants: .venv/ready ## draw small mutants of src, and see whether the tests that run them notice: MUTANTS=100 SEED=1
	$(BIN)/python -m tests.mutants $(MUTANTS) --seed $(SEED) --only $(ONLY) --tests $(or $(TESTS),tests)

RUNS ?= 10000
TARGETS ?= text words yaml json

SECONDS ?= 300

.PHONY: fuzz
fuzz: .venv/ready ## draw programs, records, tables, expressions, tests and changes that could break: SECONDS=300 for each
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)

.PHONY: fuzz-bytes
fuzz-bytes: .venv-fuzz/ready ## search for bytes that break the readers and the expressions: RUNS=10000 for each target
	@for target in $(TARGETS); do .venv-fuzz/bin/python fuzz/run.py $$target -runs=$(RUNS) || exit 1; done

COMPARISONS ?= 100000
COLUMNS_COMPARISONS ?= 1000000

.PHONY: differential
differential: .venv/ready ## compare generated code with the reference evaluator, and columns with rows: COMPARISONS=100000
	$(BIN)/python -m tests.differential $(COMPARISONS)
	$(BIN)/python -m tests.columns $(COLUMNS_COMPARISONS)

.PHONY: left-out
left-out: .venv/ready ## leave every fact of every tested record out in turn: nothing decided may contradict the whole record
	EVERY=1 $(BIN)/python -m pytest tests/fixtures/test_left_out.py

.PHONY: spark
spark: .venv-spark/ready ## test the answers on a local Spark with two workers (needs Java 17)
	.venv-spark/bin/python -m pytest -p no:cacheprovider tests/outside/test_spark.py

.PHONY: databases
databases: .venv-db/ready ## test records out of SQLite and of a PostgreSQL that is started for it
	.venv-db/bin/python -m pytest -p no:cacheprovider tests/outside/test_databases.py

.PHONY: witnesses
witnesses: .venv/ready ## compare our programs with every mutant of theirs: each must show on a record
	$(BIN)/python -m tests.change

# The programmes of other vendors that `make bench` and `make money` take; without them they are left out
money bench: export PROGRAMMES := $(or $(PROGRAMMES),../shared/programmes)

.PHONY: money
money: .venv/ready ## compare plans of drawn changes with a slow calculation, to the cent: PROGRAMMES=path RECORDS=2000
	$(BIN)/python -m tests.change.drawn_money

.PHONY: bench
bench: .venv-bench/ready ## measure real programs, and ours beside other engines, and write docs/performance.md: PROGRAMMES=path
	.venv-bench/bin/python benchmarks/real.py --write
	.venv-bench/bin/python benchmarks/run.py

BROWSER ?= chromium

.PHONY: browser
browser: .venv/ready ## render the page of `plan` in a real browser and look at it: BROWSER=chromium
	BROWSER=$(BROWSER) $(BIN)/python -m tests.browser build/browser

.PHONY: bench-columns
bench-columns: .venv-bench/ready ## measure columns against hand-written Polars, OpenFisca and our own rows
	.venv-bench/bin/python benchmarks/columns.py

.PHONY: bench-spark
bench-spark: .venv-spark/ready ## measure Spark beside the local engine (needs Java 17)
	.venv-spark/bin/python benchmarks/spark.py

.PHONY: bench-files
bench-files: .venv/ready ## measure evaluate from file to file
	$(BIN)/python benchmarks/files.py

.PHONY: bench-exports
bench-exports: .venv/ready ## measure workbooks and exports read by mappings
	$(BIN)/python benchmarks/exports.py

.PHONY: bench-papers
bench-papers: .venv/ready ## measure letters, packs and pages
	$(BIN)/python benchmarks/papers.py

.PHONY: bench-growth
bench-growth: .venv/ready ## measure how time grows with the size of policies, records and changes
	$(BIN)/python benchmarks/growth.py

.PHONY: lock
lock: .venv/ready ## resolve the dependencies anew (needs uv in .venv: pip install uv)
	.ci/lock.sh $(BIN)/uv

.PHONY: clean
clean: ## remove what was set up and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# Set-up: what running it needs, then what developing it needs besides

.venv/installed: requirements.lock pyproject.toml
	@echo "Setting up .venv, once ..."
	@.ci/venv.sh .venv
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(INSTALL)
	@touch $@

.venv/ready: .venv/installed requirements-dev.lock
	@echo "Adding the tools of development to .venv, once ..."
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

# atheris stays apart: it is there for few versions of Python, and nobody needs it to develop or to run this
.venv-fuzz/ready: requirements.lock fuzz/requirements.txt
	@echo "Setting up .venv-fuzz, once ..."
	@.ci/venv.sh .venv-fuzz
	@.venv-fuzz/bin/python -m pip --disable-pip-version-check -qq install --require-hashes \
		--requirement requirements.lock --requirement fuzz/requirements.txt
	@.venv-fuzz/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --editable .
	@touch $@

# Spark and the drivers of databases are large and seldom needed: each has an environment of its own
.venv-spark/ready: requirements.lock tests/outside/spark.txt
	@echo "Setting up .venv-spark, once ..."
	@.ci/venv.sh .venv-spark
	@.venv-spark/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --requirement requirements.lock
	@.venv-spark/bin/python -m pip --disable-pip-version-check -qq install --requirement tests/outside/spark.txt
	@.venv-spark/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --editable .
	@touch $@

.venv-db/ready: requirements.lock tests/outside/db.txt
	@echo "Setting up .venv-db, once ..."
	@.ci/venv.sh .venv-db
	@.venv-db/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --requirement requirements.lock
	@.venv-db/bin/python -m pip --disable-pip-version-check -qq install --requirement tests/outside/db.txt
	@.venv-db/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --editable .
	@touch $@

# The peers of the benchmarks stay apart too; one that does not install is left out, and the page says so
.venv-bench/ready: requirements.lock benchmarks/requirements.txt
	@echo "Setting up .venv-bench, once ..."
	@.ci/venv.sh .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --requirement requirements.lock
	@.venv-bench/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --editable .
	@grep -v '^#' benchmarks/requirements.txt | while read -r peer; do \
		.venv-bench/bin/python -m pip --disable-pip-version-check -qq install "$$peer" || echo "$$peer does not install"; done
	@touch $@

.PHONY: vscode
vscode: .venv/ready ## build the extension for VS Code from its locked packages, test it against the server, and package it
	cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund
	cd editors/vscode && POLICYENGINE="$(CURDIR)/$(BIN)/policyengine" npm test
	cd editors/vscode && npm run package

VSCODE_HOST ?= .vscode-host
PICTURES ?=

.PHONY: vscode-host
vscode-host: vscode ## the extension in VS Code itself, served to a browser: needs Node 20, chromium, ripgrep; PICTURES=docs/pictures
	editors/vscode/host/install.sh $(VSCODE_HOST)
	POLICYENGINE="$(CURDIR)/$(BIN)/policyengine" node editors/vscode/host/walk.mjs \
		$(VSCODE_HOST) editors/vscode/policyengine.vsix $(PICTURES)

EDITS ?= 10000

.PHONY: fuzz-editing
fuzz-editing: .venv/ready ## edit our programs at random, and compare what an editor shows with what check says: EDITS=10000
	$(BIN)/python -m tests.editing.random_edits $(EDITS) policies/*/
