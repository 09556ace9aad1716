#!/usr/bin/env bash
# Tests the build on real drivers in virtual machines: `npm run test:vm -- [--kernel=6.1] [--case=NAME]`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands prometheus:prometheus promtool:prometheus \
  prometheus-alertmanager:prometheus-alertmanager setpriv:util-linux
ensure_packages
npm run --silent build
exec node test/vm/run.mjs "$@"
