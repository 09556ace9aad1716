#!/usr/bin/env bash
# Fetches Prometheus 3 from Debian unstable into a folder, without installing it or touching the system's package lists.
# Some checks then run with it too: newer-prometheus.sh FOLDER
set -euo pipefail

folder=$1
[ -x "$folder/usr/bin/promtool" ] && exit

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state"/{lists,cache/archives}/partial "$state/files"
: >"$state/status"
# The first entry of the system's own, so that a mirror stays the mirror.
sed '/^$/,$d; s/^Suites:.*/Suites: sid/' /etc/apt/sources.list.d/debian.sources >"$state/sid.sources"
apt() {
  apt-get --quiet --quiet \
    -o Dir::Etc::sourcelist="$state/sid.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "$@"
}
apt update
(cd "$state" && apt download prometheus promtool)
for package in "$state"/*.deb; do
  dpkg-deb --extract "$package" "$state/files"
done
mkdir -p "$folder"
cp -r "$state/files/usr" "$folder"
