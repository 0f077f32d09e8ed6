# Every target sets itself up: Python 3.11 or newer and make are enough, uv is used where it is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FILES ?=
NEW ?=
# One more than there are processors: a third of the tests' time is waiting for browsers and servers.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Where a machine forbids it, every Python that a test starts compiles all of the code anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo serve test postgres lint types faults bench catalogs clean

help: ## Say what there is
	@echo "Paperboy: your daily papers, delivered."
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(READY) ## Two whole days on this machine (ONCE=1: stop after the summary)
	@$(BIN)/paperboy demo $(if $(ONCE),--once) $(FILES)

serve: $(READY) ## The real service, on http://localhost:8000
	@$(BIN)/paperboy serve

test: $(READY) $(if $(POSTGRES),$(VENV)/.postgres) ## The tests, three minutes at most (FULL=1: the long ones too; POSTGRES=1: on PostgreSQL)
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal --ignore tests/faults $(if $(FULL),--full) $(if $(POSTGRES),--postgres)

# What is about PostgreSQL itself, and what asks a database most: minutes, where all of it takes many.
ON_POSTGRES := tests/store tests/test_worker.py tests/pipeline/test_deliver.py tests/pipeline/test_pace.py \
	tests/pipeline/test_relocation.py \
	tests/faults/test_workers.py tests/faults/test_senders.py::test_two_senders_keep_one_pace

postgres: $(READY) $(VENV)/.postgres ## Stores, workers and their faults on PostgreSQL (FULL=1: twenty kills, twenty days)
	@$(BIN)/pytest -n auto --dist worksteal --postgres $(if $(FULL),--full) $(ON_POSTGRES)

lint: $(READY) ## Style, and what usually goes wrong
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## Types, strictly
	@$(BIN)/mypy

faults: $(READY) $(if $(POSTGRES),$(VENV)/.postgres) ## Kill it, starve it, lie to it (long; QUICK=1: in three minutes; POSTGRES=1: there)
	@$(BIN)/pytest tests/faults $(if $(QUICK),-n auto,--full) $(if $(POSTGRES),--postgres)

bench: $(READY) ## Speed, as one table of goals and whether they are held (FULL=1: at full size; DJANGO=its Python)
	@$(BIN)/python benchmarks/goals.py $(if $(FULL),--full) $(if $(DJANGO),--django $(DJANGO))

catalogs: $(READY) ## Bring the catalogs of languages up to date with all texts (NEW=fr: begin one)
	@pot=$$(mktemp) && $(BIN)/pybabel -q extract -F pyproject.toml -k english -k counted:1,2 \
		--no-location -o "$$pot" . && \
	if [ -n "$(NEW)" ]; then $(BIN)/pybabel -q init -l $(NEW) -i "$$pot" \
		-o templates/languages/$(NEW).po; fi; \
	for each in templates/languages/*.po; do $(BIN)/pybabel -q update --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date --no-wrap -l $$(basename $$each .po) -i "$$pot" -o $$each; \
	done; rm -f "$$pot"

clean: ## Remove what the targets above made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# pip's own messages stay out of the way unless something goes wrong.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Paperboy needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up in $(VENV) (once, about a minute) …"
	@if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python -e '.[dev]' -c constraints.txt; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt; \
	fi
	@touch $@

$(VENV)/.postgres: $(READY)
	@if command -v uv >/dev/null; then \
		uv pip install --quiet --python $(BIN)/python -e '.[postgres-tests]' -c constraints.txt; \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check -e '.[postgres-tests]' -c constraints.txt; \
	fi
	@touch $@
