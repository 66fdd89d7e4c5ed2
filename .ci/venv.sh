#!/bin/sh
# Makes a virtual environment in a folder, with the first Python on this machine that is new enough.
set -eu
folder=$1
wanted='import sys, venv; sys.exit(sys.version_info < (3, 11))'

for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c "$wanted" 2>/dev/null; then
        [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
        exit 0
    fi
done
echo "Python 3.11 or newer with its venv module is needed; name one with: make PYTHON=path/to/python" >&2
exit 2
