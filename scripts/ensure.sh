# Installs what is missing on a Debian machine, or says what it is. Sourced by start.sh and test.sh.

# System tools are not on an ordinary user's path.
PATH="$PATH:/usr/sbin:/sbin"

fail() {
  printf 'nicwatch: %s\n' "$1" >&2
  exit 1
}

# ensure_node: the Node.js the packages need.
ensure_node() {
  command -v node >/dev/null || fail 'missing: node (Node.js 20.19 or newer)'
  command -v npm >/dev/null || fail 'missing: npm'
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);
  ' || fail "Node.js 20.19 or newer is needed, this is $(node --version)"
}

# ensure_commands COMMAND:PACKAGE...: each command, from its Debian package where it is missing.
ensure_commands() {
  local pair missing=() packages=()
  for pair in "$@"; do
    if ! command -v "${pair%%:*}" >/dev/null; then
      missing+=("${pair%%:*}")
      packages+=("${pair##*:}")
    fi
  done
  [ "${#missing[@]}" -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "missing: ${missing[*]} (Debian packages: ${packages[*]}); install them, or run this as root on Debian"
  fi
  echo "nicwatch: installing ${packages[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update && apt-get install -y --no-install-recommends "${packages[@]}"
  } >&2 || fail "could not install: ${packages[*]}"
}

# ensure_packages: the npm packages of the lockfile.
ensure_packages() {
  if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    echo 'nicwatch: installing npm packages' >&2
    npm ci --include=dev >&2 || fail 'could not install the npm packages'
  fi
}
