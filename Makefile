# Every target sets up what it needs: `make demo` and `make test` work on a fresh checkout.
PYTHON ?= python3
BIN := .venv/bin
BENCHMARKS := extraction wikitext steps signals redpajama_v2 repetition language language_accuracy perplexity quality contamination secrets personal_data signatures one_permutation lines substrings clusters tokens end_to_end

demo: .venv/core
	$(BIN)/redpyjama demo

test: .venv/dev  # REDPYJAMA_EXPLORE=1 tries new examples in the property tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/dev
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/dev
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: .venv/dev
	$(BIN)/python -m docs.generate

bench: bench-env
	for question in $(BENCHMARKS); do echo "== $$question" && .bench-env/bin/python -m benchmarks.$$question || exit 1; done

bench-env: .bench-env/done

check: lint types test

.venv/core: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable . && touch $@

.venv/dev: pyproject.toml .venv/core
	$(BIN)/python -m pip install --quiet --editable '.[dev]' && touch $@

# datatrove pins trafilatura below the release that extraction is compared with: it gets an environment of its own.
.bench-env/done: pyproject.toml benchmarks/requirements.txt benchmarks/requirements-datatrove.txt benchmarks/requirements-minhash.txt benchmarks/requirements-secrets.txt benchmarks/requirements-substrings.txt
	test -x .bench-env/bin/python || $(PYTHON) -m venv .bench-env
	.bench-env/bin/python -m pip install --quiet --editable . -r benchmarks/requirements.txt
	test -x .bench-env/datatrove/bin/python || $(PYTHON) -m venv .bench-env/datatrove
	.bench-env/datatrove/bin/python -m pip install --quiet -r benchmarks/requirements-datatrove.txt
	test -x .bench-env/minhash/bin/python || $(PYTHON) -m venv .bench-env/minhash
	.bench-env/minhash/bin/python -m pip install --quiet -r benchmarks/requirements-minhash.txt
	test -x .bench-env/secrets/bin/python || $(PYTHON) -m venv .bench-env/secrets
	.bench-env/secrets/bin/python -m pip install --quiet -r benchmarks/requirements-secrets.txt
	test -x .bench-env/substrings/bin/python || $(PYTHON) -m venv .bench-env/substrings
	.bench-env/substrings/bin/python -m pip install --quiet -r benchmarks/requirements-substrings.txt && touch $@

.PHONY: demo test lint types docs bench bench-env check
