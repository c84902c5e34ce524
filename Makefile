# Everything a newcomer needs: Python 3.11 with pip, and make. uv comes into .boot, the rest into .venv.
UV := .boot/bin/uv
RUN := $(UV) run --frozen --no-sync
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy

.DEFAULT_GOAL := help
.PHONY: help install up demo test test-deep bench lint format contracts migration clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	@echo "→ uv (once, a few seconds)"
	@python3 -m pip install -q --root-user-action=ignore --disable-pip-version-check --target .boot uv==0.13.8

install: $(UV) ## Install what uv.lock says into .venv
	@echo "→ dependencies (the first time about half a minute)"
	@$(UV) sync --frozen -q

up: install ## Run everything on this machine (PORT=9100 for other ports)
	@$(RUN) vzaimo up $(if $(PORT),--port $(PORT))

demo: ## Play the real visit against the running set
	@$(RUN) vzaimo demo

test: install ## Run the whole suite over real servers, which it starts itself
	@echo "→ tests on $$(nproc) cores"
	@$(RUN) pytest -q -n auto --dist worksteal

test-deep: install ## The same with many more examples
	@HYPOTHESIS_PROFILE=deep $(RUN) pytest -q -n auto --dist worksteal --timeout 1800

bench: install ## Measure, beside what limits it (about five minutes; ONLY="relay http" for some)
	@$(RUN) python -W ignore -m bench $(ONLY)

lint: install ## Style, types, and who may import whom
	@echo "→ ruff";        $(RUN) ruff check
	@echo "→ ruff format"; $(RUN) ruff format --check -q
	@echo "→ mypy";        $(RUN) mypy
	@echo "→ imports";     $(RUN) lint-imports --no-cache

format: install ## Format, and mend what can be mended
	@$(RUN) ruff check --fix -q
	@$(RUN) ruff format -q

contracts: install ## Write the facts' JSON Schemas, AsyncAPI and OpenAPI into docs
	@$(RUN) python -m vzaimo.contracts.schemas docs/schemas
	@$(RUN) python -m vzaimo.local.papers docs

migration: install ## Draft a revision: make migration SERVICE=calendar MESSAGE="sessions have a language"
	@$(RUN) python -m vzaimo.kit.migrations.draft $(SERVICE) "$(MESSAGE)"

clean: ## Forget what was installed and what ran
	@rm -rf .boot .venv var .mypy_cache .ruff_cache .hypothesis
