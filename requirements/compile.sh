#!/bin/sh
# Writes the pinned requirements anew from pyproject.toml. Needs `uv`.
set -eu
cd "$(dirname "$0")/.."
pin() { uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml "$@"; }
pin --group build -o requirements/run.txt
pin --group build --group dev -c requirements/run.txt -o requirements/dev.txt
