#!/usr/bin/env bash
# Installs missing dependencies and runs all checks.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/ensure.sh

ensure_node
ensure_commands ethtool:ethtool ip:iproute2 prometheus:prometheus promtool:prometheus \
  journalctl:systemd /lib/systemd/systemd-journal-remote:systemd-journal-remote \
  prometheus-node-exporter:prometheus-node-exporter \
  prometheus-alertmanager:prometheus-alertmanager amtool:prometheus-alertmanager \
  openssl:openssl curl:curl chromium:chromium \
  groff:groff-base mmdebstrap:mmdebstrap pgrep:procps \
  lintian:lintian buildah:buildah cc:gcc /usr/include/stdio.h:libc6-dev
# Beside each other: they mostly wait for the network.
{
  # Debian 12 has an older Prometheus, and no kustomize.
  fetch_newer sid prometheus promtool
  command -v kustomize >/dev/null || fetch_newer trixie kustomize
  ensure_helm
} &
others=$!
ensure_packages
# Needed by the last test only, minutes from now.
{
  node test/vm/run.mjs --fetch --kernel=6.1 >&2 \
    || echo 'nicwatch: QEMU and a kernel are not to be had here; what needs them is skipped' >&2
} &
wait "$others"
PATH="$PATH:$PWD/.cache/trixie/usr/bin:$PWD/.cache/bin"
exec npm run --silent check
