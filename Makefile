# Everything a fresh machine needs: Python 3.11 or later, and make. See README.md.
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
READY := .venv/.ready
# tests/conftest.py says how many workers; a file stays with one, which shares its fixtures.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
# Compiled once: without, each of the tests' processes compiles torch again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup setup-ray setup-peers demo serve test test-fast test-all lint bench lock moto advisories clean
setup: $(READY)

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Reelseek needs Python 3.11, 3.12 or 3.13; install one, or say make PYTHON=..."; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(RUN) -m ensurepip
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	$(RUN) -m uv pip install --quiet --compile-bytecode --python $(RUN) --require-hashes -r requirements.lock
	$(RUN) -m uv pip install --quiet --python $(RUN) --no-deps --editable .
	@touch $(READY)

# For `reelseek index --engine ray`, its tests and its benchmark; 79 MB, so not a part of setup.
setup-ray: $(READY)
	$(RUN) -m uv pip install --quiet --python $(RUN) 'ray>=2.60,<3'

# What `python -m bench.scale.peers` compares with; nothing else needs them.
setup-peers: $(READY)
	$(RUN) -m uv pip install --quiet --python $(RUN) 'faiss-cpu>=1.15,<2' 'usearch>=2.26,<3'

demo: $(READY)
	.venv/bin/reelseek demo run --out out/demo

out/demo/seed-1/library/library.json:
	$(MAKE) demo

serve: $(READY) out/demo/seed-1/library/library.json
	.venv/bin/reelseek serve --library out/demo/seed-1/library --root out/demo/seed-1/videos

# Before every commit; leaves out what is marked `thorough`, see pyproject.toml.
test: $(READY)
	$(RUN) -m pytest $(SIDE_BY_SIDE) -m "not thorough"

# Everything, as CI runs it.
test-all: $(READY)
	$(RUN) -m pytest $(SIDE_BY_SIDE)

# Leaves out what loads models, starts servers and browsers, or encodes; the loop while one writes.
test-fast: $(READY)
	$(RUN) -m pytest $(SIDE_BY_SIDE) -m "not slow" --ignore=tests/browser

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

bench: $(READY)
	$(RUN) -m bench.index
	$(RUN) -m bench.search --out out/bench
	$(RUN) -m bench.screen_text

lock: $(READY)
	$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --extra cloud --extra offline --extra dev \
		--generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.lock

# An S3 server for the tests of libraries in object storage; it needs an older dateutil, so an environment of its own.
moto: .moto/.ready

.moto/.ready: $(READY)
	$(RUN) -m uv venv --quiet --clear --python $(RUN) .moto
	$(RUN) -m uv pip install --quiet --python .moto/bin/python "moto[server]>=5.2,<6"
	@touch .moto/.ready

# Known advisories about what is pinned; asks the registry and needs the internet.
advisories: $(READY)
	$(RUN) -m uv tool run pip-audit --disable-pip --require-hashes -r requirements.lock

clean:
	rm -rf .venv .moto out
