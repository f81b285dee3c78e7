# Everything runs in .venv, made from requirements.lock; python3 with pip and venv is all it assumes.
# `python -m models.kernels` compiles what is compiled, so that no run waits for it.
BIN := .venv/bin
UV := UV_SYSTEM_CERTS=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy $(BIN)/uv pip

.PHONY: install demo test slow lint types bench bench-install peers spark lock clean

install: .venv/installed

.venv/installed: pyproject.toml requirements.lock
	python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) install --quiet --python $(BIN)/python --constraint requirements.lock hatchling editables
	$(UV) install --quiet --python $(BIN)/python --constraint requirements.lock \
		--no-build-isolation --editable '.[dev,postgres,client]'
	$(BIN)/python -m models.kernels
	$(BIN)/python -m compileall -q models segmentation service
	touch $@

demo: install
	$(BIN)/coterie demo

test: install
	$(BIN)/python -m pytest -m "not slow"

slow: install
	$(BIN)/python -m pytest -m slow

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

bench: install
	$(BIN)/python -m benchmarks

# The peers of the benchmark are no part of `make install`.
bench-install: .venv/peers

.venv/peers: .venv/installed
	$(UV) install --quiet --python $(BIN)/python --constraint requirements.lock \
		--no-build-isolation --editable '.[dev,postgres,client,bench]'
	touch $@

peers: bench-install
	$(BIN)/python -m benchmarks.peers --check

# Spark is no part of `make install` either: 450 MB, built from source, and it needs Java.
# Its build wants a package of its own, which the build of ours may not fetch.
spark: .venv/spark

.venv/spark: .venv/installed
	$(UV) install --quiet --python $(BIN)/python --constraint requirements.lock \
		--no-build-isolation-package coterie --editable '.[dev,postgres,client,spark]'
	touch $@

lock: install
	$(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--all-extras --group serve pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv demo store
