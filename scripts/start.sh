#!/usr/bin/env bash
# Installs what is missing, builds and serves: `npm start -- [flags]`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands ethtool:ethtool
ensure_packages
npm run --silent build
exec dist/nicwatch.cjs "$@"
