# One command per chore; `make help` lists them.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
BIN := .venv/bin
# CPU=1 insists on the CPU build of torch (see README: Installing).
CONSTRAINTS := -c constraints.txt $(if $(CPU),-c constraints-cpu.txt)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile $(CONSTRAINTS)
BROWSER ?= auto
SHELL := /bin/bash
# Compiled modules are kept, whatever the environment says: else every command compiles all it imports, for many seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check setup format lint types imports docs front browser fuzz release clean

help: ## List the chores
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/made: pyproject.toml constraints.txt constraints-cpu.txt
	@echo "Setting up .venv with $(PYTHON) (a few minutes the first time) …"
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer must be on the PATH, but none was found. Install it, or call: make PYTHON=/path/to/python"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "A virtual environment must be possible, but 'python -m venv' failed. On Debian: apt-get install python3-venv"; exit 2; }
	@$(PIP) -e .
	@touch $@

.venv/made-kernels: .venv/made $(wildcard src/belvedere/layout/*.py)
	@$(BIN)/python -c "from belvedere.layout.compile import warm_up; from belvedere.progress import Plain; warm_up(Plain())"
	@touch $@

.venv/made-test: .venv/made
	@$(PIP) -e '.[test]'
	@touch $@

.venv/made-dev: .venv/made-test
	@$(PIP) -e '.[dev]'
	@touch $@

setup: .venv/made .venv/made-kernels ## Set up .venv with what the program needs

demo: .venv/made .venv/made-kernels ## Map the handwritten digits that come with scikit-learn (BROWSER=none: only write demo.map and demo.png)
	@$(BIN)/belvedere map sklearn:digits --target digit --out demo.map --replace --picture demo.png $(if $(filter none,$(BROWSER)),--no-view,)

test: .venv/made-test .venv/made-kernels ## Run the fast test suite
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not slow"

check: .venv/made-dev .venv/made-kernels lint types imports ## Everything that must hold before a commit, without the front end
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not browser"

lint: .venv/made-dev ## Format check, lint and spelling
	@$(BIN)/ruff format --check src tests benchmarks examples
	@$(BIN)/ruff check src tests benchmarks examples
	@$(BIN)/codespell src tests docs *.md

format: .venv/made-dev ## Format and fix what can be fixed
	@$(BIN)/ruff format src tests benchmarks examples
	@$(BIN)/ruff check --fix src tests benchmarks examples

types: .venv/made-dev ## mypy --strict
	@$(BIN)/mypy

imports: .venv/made-dev ## The import rules of ARCHITECTURE.md
	@$(BIN)/lint-imports

.venv/made-docs: .venv/made
	@$(PIP) -e '.[docs]'
	@touch $@

docs: .venv/made-docs ## The documentation site into docs/_site, in English and Chinese; fails on any warning or broken link
	@$(BIN)/sphinx-build -q -W --keep-going -b html -d docs/_site/.trees docs docs/_site
	@$(BIN)/python docs/check_site.py docs/_site

front: ## Front end: install, check, test, and prove that the committed bundle is the build of the sources (needs Node)
	@cd viewer && npm ci --no-audit --no-fund --silent && npm run --silent check && npm test --silent && npm run --silent check-build

browser: .venv/made-test .venv/made-kernels ## End-to-end tests in headless Chromium
	@$(BIN)/python -m pytest -q -m browser

SECONDS ?= 3600
fuzz: .venv/made-test ## Damage files at random and read them, SECONDS of processor time per reader (an hour each by default)
	@$(BIN)/python tests/fuzz.py --seconds $(SECONDS)

# The SBOM is written in the clean environment: it names what the wheel was tried with, and nothing else is installed there.
release: .venv/made-dev ## Build sdist and wheel into dist/, try the wheel alone in a clean environment, write its SBOM (after make front)
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist . >/dev/null
	@alone=$$(mktemp -d) && trap 'rm -rf "$$alone"' EXIT \
	  && $(BIN)/python -m venv --without-pip "$$alone" \
	  && PIP_PYTHON="$$alone/bin/python" $(PIP) --report "$$alone/report.json" dist/*.whl \
	  && "$$alone/bin/python" docs/write_sbom.py dist/sbom.json "$$alone/report.json" \
	  && .ci/smoke "$$alone/bin"
	@echo "Made $$(echo dist/*): the wheel, installed alone, maps, tells and exports."

clean: ## Remove what was built here
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache viewer/node_modules demo.map demo.png docs/_site dist
