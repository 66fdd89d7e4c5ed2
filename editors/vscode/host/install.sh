#!/usr/bin/env bash
# Installs VS Code as it is served to a browser, and what drives a browser, from their npm packages into a folder.
# Needs Node 20 with its headers, a C++ compiler, chromium and ripgrep.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
host="$1"
code="$host/node_modules/code-server/lib/vscode"
[ -e "$host/ready" ] && exit 0
mkdir -p "$host"
cp "$here/package.json" "$host/"
quiet=(--ignore-scripts --no-audit --no-fund --omit=dev)
(cd "$host" && npm install "${quiet[@]}")
(cd "$code" && npm install "${quiet[@]}")
(cd "$code/extensions" && npm install "${quiet[@]}")
headers="$(dirname "$(dirname "$(command -v node)")")"
build="$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js"
for each in node-pty @vscode/spdlog native-watchdog; do
    (cd "$code/node_modules/$each" && node "$build" rebuild --nodedir="$headers")
done
mkdir -p "$code/node_modules/@vscode/ripgrep/bin"
ln -sf "$(command -v rg)" "$code/node_modules/@vscode/ripgrep/bin/rg"
ln -sfn node_modules "$code/node_modules.asar"
touch "$host/ready"
