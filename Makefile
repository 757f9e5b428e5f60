PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Given as variables of make or of the environment: HOST=0.0.0.0 PORT=8080 make serve
ifdef HOST
export GUIDEQA_HOST := $(HOST)
endif
ifdef PORT
export GUIDEQA_PORT := $(PORT)
endif

.PHONY: help serve ingest test check browser eval screenshots
help: ## この一覧 / this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11以上が必要です: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

serve: $(VENV)/.installed ## チャットとAPIを動かす（HOST、PORT で待ち受け先を変える）/ chat and API
	$(BIN)/guideqa serve --ingest-if-missing

ingest: $(VENV)/.installed ## 索引を作り直す（FILES="a.pdf b.txt" で文書を加える）/ rebuild the index
	$(BIN)/guideqa ingest $(FILES)

check: $(VENV)/.installed ## ruff, mypy, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --quiet tests/test_architecture.py

# The browser tests skip, and say so, where this cannot install a browser.
browser:
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" -ne 0 || { \
		export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && \
		apt-get -qq install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; } || true

test: $(VENV)/.installed browser ## the tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile

screenshots: $(VENV)/.installed browser ## 画面の絵（docs/screens/）を撮り直す / the pictures of the chat
	$(BIN)/python docs/screenshots.py

eval: $(VENV)/.installed ## 全質問を尋ねて採点し、基準と比べる / all questions, then the gate
	$(BIN)/guideqa ingest --if-missing
	$(BIN)/guideqa eval run
	$(BIN)/guideqa eval gate var/eval/all --common --other-index
