#!/usr/bin/env bash
# Installs what is missing and runs every check.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands ethtool:ethtool ip:iproute2 prometheus:prometheus promtool:prometheus \
  journalctl:systemd /lib/systemd/systemd-journal-remote:systemd-journal-remote \
  prometheus-node-exporter:prometheus-node-exporter
ensure_packages
exec npm run --silent check
