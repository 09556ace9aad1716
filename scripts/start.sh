#!/usr/bin/env bash
# Installs the npm packages it is built from, builds and serves: `npm start -- [flags]`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_build_packages
npm run --silent build
exec dist/nicwatch.cjs "$@"
