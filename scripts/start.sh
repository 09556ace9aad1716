#!/usr/bin/env bash
# Installs missing dependencies, builds and starts the agent: `npm start -- [flags]`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands ethtool:ethtool
ensure_packages
npm run --silent build
exec dist/nicwatch.cjs "$@"
