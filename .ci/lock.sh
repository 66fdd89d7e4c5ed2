#!/bin/sh
# Resolves the dependencies into the two lock files: hashes, no address of any package index.
set -eu
uv=$1
compile() {
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url "$@"
}
compile --group build --output-file requirements.lock
compile --group build --extra dev --constraint requirements.lock --output-file requirements-dev.lock

if grep -nE '://|file:|^-|(^| )/' requirements.lock requirements-dev.lock; then
    echo "a lock file names a place: see above" >&2
    exit 1
fi
