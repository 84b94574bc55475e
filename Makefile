# make demo    the demo site, on http://127.0.0.1:8000 unless HOST and PORT say otherwise; Ctrl-C stops it
# make test    everything that can be tested on this machine
# make help    the parts of `make test`, and the rest
#
# Both make a virtual environment in $(VENV) first. PYTHON chooses its interpreter, 3.11 or newer.

VENV ?= .venv
DJANGO ?= 5.2
ONLY ?=
ARGS ?=

# The first interpreter that runs and is new enough (a name on PATH may be a shim with nothing behind it).
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)

bin := $(VENV)/bin
pip := $(bin)/python -m pip install --quiet --disable-pip-version-check
reqs := requirements
languages := --locale de --locale es
package := pyproject.toml $(reqs)/package.txt $(reqs)/django-$(DJANGO).txt

.PHONY: help demo test check lint types unit postgres browser crash js docs pictures texts bench matrix clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo       run the demo site (HOST, PORT)'
	@echo 'make test       the gates and every test that this machine can run'
	@echo
	@echo 'make check      ruff, import layers, migrations, public names, what is in the wheel'
	@echo 'make types      mypy'
	@echo 'make unit       pytest on SQLite, without browser and crash tests (ARGS="-k name")'
	@echo 'make postgres   the same on PostgreSQL'
	@echo 'make browser    the pages, in Chromium'
	@echo 'make crash      killed and stopped workers'
	@echo 'make js         the tests of the browser side, in Node, and its types'
	@echo 'make docs       the documentation, into docs/_build/html'
	@echo 'make pictures   the pictures of the Studio in the documentation, from the running demo (needs Chromium)'
	@echo 'make texts      the catalogues of the other languages, the demo’s too: take in new texts, compile (needs gettext)'
	@echo 'make bench      the benchmarks, or one: make bench ONLY=name'
	@echo 'make matrix     the other versions of Python and Django'
	@echo 'make clean      remove what these commands made'

demo: $(VENV)/.demo
	@exec $(bin)/python -m demo

test: lint types js
	@$(bin)/python scripts/test.py all $(ARGS)

check: lint
	@$(bin)/python -m pytest -q -p no:cacheprovider tests/contract tests/unit/test_public_names.py $(ARGS)

lint: $(VENV)/.dev
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/lint-imports --cache-dir .cache/import_linter

types: $(VENV)/.dev
	@$(bin)/mypy

unit postgres browser crash: $(VENV)/.dev
	@$(bin)/python scripts/test.py $@ $(ARGS)

js: $(VENV)/.dev
	@$(bin)/python scripts/test.py js

docs: $(VENV)/.docs
	@$(bin)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo 'docs/_build/html/index.html'

pictures: $(VENV)/.dev
	@$(bin)/python -m scripts.pictures

texts: $(VENV)/.demo
	@for folder in src/meanwhile demo; do cd $(CURDIR)/$$folder \
		&& $(abspath $(bin))/django-admin makemessages $(languages) --no-location --no-obsolete \
		&& $(abspath $(bin))/django-admin compilemessages $(languages) || exit 1; done

bench: $(VENV)/.dev
	@$(bin)/python -m benchmarks $(ONLY)

matrix: $(VENV)/.dev
	@$(bin)/python scripts/matrix.py

clean:
	rm -rf $(VENV) .matrix build dist docs/_build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(bin)/python:
	@test -n '$(PYTHON)' || { echo 'Meanwhile needs Python 3.11 or newer: install it, or name one with PYTHON=...'; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo '$(PYTHON) is older than Python 3.11.'; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON) ...'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(package) $(reqs)/demo.txt | $(bin)/python
	@echo 'Installing what the demo needs ...'
	@$(pip) -r $(reqs)/package.txt -r $(reqs)/django-$(DJANGO).txt -r $(reqs)/demo.txt
	@$(pip) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo $(reqs)/test.txt $(reqs)/browser.txt $(reqs)/check.txt
	@echo 'Installing what the tests need ...'
	@$(pip) -r $(reqs)/test.txt -r $(reqs)/browser.txt -r $(reqs)/check.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.demo $(reqs)/docs.txt
	@echo 'Installing what the documentation needs ...'
	@$(pip) -r $(reqs)/docs.txt
	@touch $@
