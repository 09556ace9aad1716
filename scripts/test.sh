#!/usr/bin/env bash
# Installs what is missing and runs every check.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands ethtool:ethtool ip:iproute2 prometheus:prometheus promtool:prometheus \
  journalctl:systemd /lib/systemd/systemd-journal-remote:systemd-journal-remote \
  prometheus-node-exporter:prometheus-node-exporter \
  prometheus-alertmanager:prometheus-alertmanager amtool:prometheus-alertmanager \
  openssl:openssl curl:curl chromium:chromium \
  groff:groff-base debootstrap:debootstrap pgrep:procps
ensure_newer trixie kustomize:kustomize
ensure_packages
scripts/newer-prometheus.sh .cache/prometheus-3 >&2 ||
  echo 'nicwatch: Prometheus 3 is not to be had here; what needs it is skipped' >&2
exec npm run --silent check
