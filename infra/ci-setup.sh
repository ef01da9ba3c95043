#!/usr/bin/env bash
# Brings what the tests need and npm ci does not: a Chromium, whose path is the last line of standard output, and as root
# on Debian what some tests skip without: bubblewrap, tmux.
# For Chromium are tried in turn: SLUICE_CHROMIUM, the machine's, Debian's package (as root), one that an npm package carries.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
npm_browser=@sparticuz/chromium@153.0.0

say() { printf '%s\n' "$*" >&2; }
run_ts() { "$root/node_modules/.bin/node" --import "$root/infra/runtime.mjs" "$root/infra/chromium/$1" "${@:2}"; }
works() { run_ts prove.ts "$1"; }

use() {
  printf '%s\n' "$1"
  exit 0
}

use_machine_browser() {
  local candidate path
  for candidate in chromium chromium-browser google-chrome '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
    path=$(command -v "$candidate") || continue
    if works "$path"; then use "$path"; fi
  done
}

# Nothing where this is not root's machine with apt-get.
install_debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  say "Installing $* by apt-get …"
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "${updated:-}" ]; then
    apt-get update >"$log" 2>&1 || true
    updated=yes
  fi
  if ! apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1; then
    say "apt-get could not install $*:"
    tail -n 5 "$log" >&2
  fi
}

install_debian_tools() {
  local missing=()
  command -v bwrap >/dev/null || missing+=(bubblewrap)
  command -v tmux >/dev/null || missing+=(tmux)
  if [ ${#missing[@]} -gt 0 ]; then install_debian "${missing[@]}"; fi
}

cache_directory() {
  local place
  for place in "$root/.cache" "${XDG_CACHE_HOME:-$HOME/.cache}/sluice"; do
    if mkdir -p "$place" 2>/dev/null && [ -w "$place" ]; then
      printf '%s\n' "$place"
      return
    fi
  done
}

# 70 MB; kept in the cache. Renamed into place when whole.
unpack_npm_browser() {
  local target=$1 draft archive
  draft=$(mktemp -d "$target-draft-XXXXXX")
  say "Installing $npm_browser …"
  printf '{"private":true}' >"$draft/package.json"
  if ! (cd "$draft" && npm install --no-save --ignore-scripts --no-audit --no-fund "$npm_browser") >"$log" 2>&1; then
    say 'npm could not install it:'
    tail -n 5 "$log" >&2
    rm -rf "$draft"
    return 1
  fi

  local carried=$draft/node_modules/@sparticuz/chromium/bin
  mkdir "$draft/browser"
  run_ts unpack.ts "$carried/chromium.br" "$draft/browser/chromium"
  for archive in al2023 swiftshader fonts; do
    run_ts unpack.ts "$carried/$archive.tar.br" "$draft/$archive.tar"
    tar -xf "$draft/$archive.tar" -C "$draft/browser"
  done
  chmod 755 "$draft/browser" "$draft/browser/chromium"
  # The libraries and fonts that a bare machine lacks are carried too.
  cat >"$draft/browser/chromium.sh" <<'SCRIPT'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if ldd "$here/chromium" | grep -q 'not found'; then export LD_LIBRARY_PATH="$here/lib"; fi
if [ ! -e /etc/fonts/fonts.conf ]; then export FONTCONFIG_PATH="$here"; fi
exec "$here/chromium" "$@"
SCRIPT
  chmod 755 "$draft/browser/chromium.sh"
  if [ ! -e "$target" ]; then mv "$draft/browser" "$target"; fi
  rm -rf "$draft"
}

use_npm_browser() {
  local cache target
  cache=$(cache_directory)
  target=$cache/chromium-${npm_browser##*@}
  if [ ! -x "$target/chromium.sh" ]; then unpack_npm_browser "$target" || return 0; fi
  if works "$target/chromium.sh"; then use "$target/chromium.sh"; fi
}

if [ -n "${SLUICE_CHROMIUM:-}" ]; then
  if [ -x "$SLUICE_CHROMIUM" ]; then use "$SLUICE_CHROMIUM"; fi
  say "SLUICE_CHROMIUM names $SLUICE_CHROMIUM, which cannot be run."
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_debian_tools
use_machine_browser
install_debian chromium
use_machine_browser
use_npm_browser
say 'No Chromium could be had. Install one (Debian: apt-get install chromium), or set SLUICE_CHROMIUM to its path.'
exit 1
