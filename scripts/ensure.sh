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

# ensure_newer SUITE COMMAND:PACKAGE: a command this Debian has not yet, unpacked from a newer one without installing it.
ensure_newer() {
  local suite="$1" command="${2%%:*}" package="${2##*:}" folder="$PWD/.cache/$1"
  local sources=/etc/apt/sources.list.d/debian.sources
  PATH="$PATH:$folder/usr/bin"
  command -v "$command" >/dev/null && return
  [ -r "$sources" ] && command -v apt-get >/dev/null \
    || fail "missing: $command (package $package of Debian $suite); install it, or run this on Debian"
  echo "nicwatch: fetching $package of Debian $suite" >&2
  mkdir -p "$folder/lists/partial" "$folder/archives/partial"
  : >"$folder/status"
  sed -e '/^$/,$d' -e "s/^Suites:.*/Suites: $suite/" "$sources" >"$folder/debian.sources"
  local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/debian.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/lists" -o "Dir::State::status=$folder/status" -o "Dir::Cache=$folder"
    -o APT::Sandbox::User=root)
  {
    "${apt[@]}" update && (cd "$folder" && "${apt[@]}" download "$package") \
      && dpkg-deb --extract "$folder/${package}"_*.deb "$folder"
  } >&2 || fail "could not fetch: $package"
}
