# Everything a newcomer needs: Python 3.11 with pip, and make. uv comes into .boot, the rest into .venv.
UV := .boot/bin/uv
RUN := $(UV) run --frozen --no-sync
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy
# Without bytecode each process compiles all that it imports: a service starts in twice the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install up demo test test-deep test-containers images bench lint format contracts bus migration sbom licences audit clean

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

# Half as many again as there are cores: a test waits for its servers for a third of its time.
WORKERS ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))
test: install ## Run the whole suite over real servers, which it starts itself
	@echo "→ tests on $$(nproc) cores"
	@$(RUN) pytest -q -n $(WORKERS) --dist worksteal

test-deep: install ## The same with many more examples
	@HYPOTHESIS_PROFILE=deep $(RUN) pytest -q -n $(WORKERS) --dist worksteal --timeout 1800

images: ## Build the images of the four services and the portal (Docker; PYTHON_IMAGE=… for another base)
	@for service in registry calendar requests notify portal; do \
	  DOCKER_BUILDKIT=1 docker build --quiet $(DOCKER_BUILD_FLAGS) --build-arg SERVICE=$$service \
	    --build-arg PYTHON_IMAGE=$(or $(PYTHON_IMAGE),python:3.11-slim) --build-arg REVISION=$$(git rev-parse --short HEAD) \
	    --file deploy/Dockerfile --tag vzaimo-$$service:0.1.0 . || exit 1; done

# CONTAINER_TESTS: those that use both servers, are stopped and killed, and take minutes, not hours.
CONTAINER_TESTS ?= tests/kit/test_relay.py tests/system/test_flow_a.py
test-containers: install images ## The set in containers, and a part of the suite over servers in containers (Docker)
	@$(RUN) pytest -q tests/deploy/compose.py
	@VZAIMO_TEST_BACKEND=containers TESTCONTAINERS_RYUK_DISABLED=true $(RUN) pytest -q $(CONTAINER_TESTS)

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

bus: install ## Write what each service may do on NATS into deploy/nats/accounts.conf
	@$(RUN) vzaimo bus accounts > deploy/nats/accounts.conf.new && mv deploy/nats/accounts.conf.new deploy/nats/accounts.conf

migration: install ## Draft a revision: make migration SERVICE=calendar MESSAGE="sessions have a language"
	@$(RUN) python -m vzaimo.kit.migrations.draft $(SERVICE) "$(MESSAGE)"

sbom: $(UV) ## What a release is made of: dist/sbom.json (CycloneDX 1.5), from uv.lock
	@mkdir -p dist && $(UV) export --quiet --frozen --no-dev --all-packages --format cyclonedx1.5 \
	  --preview-features sbom-export --output-file dist/sbom.json && echo "→ dist/sbom.json"

licences: $(UV) ## The licences of what a release is made of: dist/licences.csv (needs a package index)
	@mkdir -p dist && $(UV) run --quiet --frozen --isolated --no-dev --all-packages --with pip-licenses==5.5.5 pip-licenses --format=csv --order=license --with-urls \
	  --output-file=dist/licences.csv && echo "→ dist/licences.csv"

audit: $(UV) ## Known vulnerabilities of what uv.lock says (asks osv.dev: in CI, where there is a network)
	@$(UV) audit --frozen --no-dev --preview-features audit-command || { status=$$?; \
	  [ $$status -ne 2 ] || echo "→ nothing was audited: this machine must reach api.osv.dev over HTTPS (HTTPS_PROXY is heeded)"; exit $$status; }

clean: ## Forget what was installed and what ran
	@rm -rf .boot .venv var .mypy_cache .ruff_cache .hypothesis
