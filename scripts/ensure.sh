# Installs missing dependencies on a Debian machine, or prints them. Sourced by start.sh and test.sh.

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

# ensure_commands COMMAND:PACKAGE...: each command, or file by its full path, from its Debian package where it is missing.
ensure_commands() {
  local pair missing=() packages=()
  for pair in "$@"; do
    if ! command -v "${pair%%:*}" >/dev/null && [ ! -e "${pair%%:*}" ]; then
      missing+=("${pair%%:*}")
      packages+=("${pair##*:}")
    fi
  done
  [ "${#missing[@]}" -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "missing: ${missing[*]} (Debian packages: ${packages[*]}); install them, or run this as root on Debian"
  fi
  echo "nicwatch: installing the Debian packages ${packages[*]}; none of their services is started or enabled" >&2
  install_packages "${packages[@]}" >&2 || fail "could not install: ${packages[*]}"
}

# install_packages PACKAGE...: Debian packages, none of whose services is started, neither now nor at boot.
install_packages() (
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C
  policy=/usr/sbin/policy-rc.d
  own_policy=
  before=$(boot_links)
  finish() {
    [ -z "$own_policy" ] || rm -f "$policy"
    comm -13 <(echo "$before") <(boot_links) | remove_boot_links
  }
  trap finish EXIT
  # An existing policy is the administrator's and is kept.
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update && apt-get install -y --no-install-recommends "$@"
)

# boot_links: the links of services that systemd and System V start at boot.
boot_links() {
  find /etc/systemd/system /etc/systemd/user /etc/rc[S2-5].d -type l ! -lname /dev/null 2>/dev/null | sort
}

# remove_boot_links: disables what the links on standard input start.
remove_boot_links() {
  local link name
  while IFS= read -r link; do
    case "$link" in
      /etc/rc*/S*)
        name=${link##*/S[0-9][0-9]}
        update-rc.d "$name" disable
        ;;
      /etc/systemd/*) rm -f "$link" ;;
    esac
  done
}

# ensure_packages: the npm packages of the lockfile.
ensure_packages() {
  if [ ! node_modules/.package-lock.json -nt package-lock.json ] || [ ! -e node_modules/vitest ]; then
    echo 'nicwatch: installing the npm packages of package-lock.json into node_modules' >&2
    npm ci --include=dev --prefer-offline >&2 || fail 'could not install the npm packages'
  fi
}

# ensure_build_packages: those of them that the agent is built from, in the versions of the lockfile.
ensure_build_packages() {
  local names=(bcryptjs close-with-grace commander esbuild execa fastify negotiator pino prom-client shell-quote yaml) packages
  if [ ! node_modules/.package-lock.json -nt package-lock.json ] || [ ! -e node_modules/esbuild ]; then
    echo "nicwatch: installing npm packages into node_modules: ${names[*]}, koffi and what they need" >&2
    packages=$(node -p '
      const { devDependencies } = require("./package.json");
      process.argv.slice(1).map((name) => `${name}@${devDependencies[name]}`).join(" ");
    ' "${names[@]}")
    # shellcheck disable=SC2086
    npm install --no-save --save-prod --omit=dev --loglevel=error $packages >&2 \
      || fail 'could not install the npm packages'
  fi
}

# fetch_newer SUITE PACKAGE...: packages of another Debian, unpacked into .cache/SUITE: neither installed nor known to the
# system's package lists. If they are not available, the tests that need them are skipped.
fetch_newer() {
  local suite="$1" sources=/etc/apt/sources.list.d/debian.sources folder="$PWD/.cache/$1" state
  shift
  [ -e "$folder/complete" ] && return
  echo "nicwatch: fetching $* of Debian $suite, into .cache/$suite" >&2
  state=$(mktemp -d)
  mkdir -p "$folder" "$state"/{lists,cache/archives}/partial "$state/packages"
  : >"$state/status"
  local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$state/debian.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
    -o APT::Sandbox::User=root)
  {
    # The system's first entry, to keep using its mirror.
    sed -e '/^$/,$d' -e "s/^Suites:.*/Suites: $suite/" "$sources" >"$state/debian.sources" \
      && "${apt[@]}" update && (cd "$state/packages" && "${apt[@]}" download "$@") \
      && find "$state/packages" -name '*.deb' -exec dpkg-deb --extract {} "$folder" ';' \
      && touch "$folder/complete"
  } >&2 || echo "nicwatch: $* of Debian $suite are not to be had here; what needs them is skipped" >&2
  rm -rf "$state"
}

# ensure_helm: Helm, from its Go module, into .cache/bin. Without Go, the tests that need it are skipped.
ensure_helm() {
  if [ ! -x .cache/bin/helm ] && ! command -v helm >/dev/null && command -v go >/dev/null; then
    echo 'nicwatch: building Helm with Go, into .cache/bin' >&2
    GOBIN="$PWD/.cache/bin" GOFLAGS=-mod=mod go install helm.sh/helm/v3/cmd/helm@v3.19.0 >&2 \
      || echo 'nicwatch: Helm could not be built; what needs it is skipped' >&2
  fi
}
