# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the scripts of this folder share: packages, logs and builds. Sourced, never run; everything it says
# goes to stderr, so that a script's stdout belongs to the program it starts.

# The repository, wherever the caller stands.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

# What the tool needs: a C compiler with OpenMP (libgomp comes with gcc), CMake, and five libraries.
# shellcheck disable=SC2034 # used by the scripts that source this file
core_packages=(gcc libc6-dev make cmake zlib1g-dev libjansson-dev libdeflate-dev libzip-dev libzstd-dev)

# What the Python package needs besides, to be built by pip.
# shellcheck disable=SC2034
python_packages=(python3-dev python3-venv)
# What pip builds it with.
# shellcheck disable=SC2034
python_builder=("scikit-build-core>=0.10,<2")

# rowcast-mpi with Open MPI, and the other MPI, which installs beside it.
# shellcheck disable=SC2034
mpi_packages=(libopenmpi-dev openmpi-bin libmpich-dev mpich)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# print_help SCRIPT: what its opening comment says. The lines in it that begin with three blanks and the script's name
# are the usage; without one, the script takes no arguments.
print_help() {
  local name=${1#"$root/"}
  awk -v name="$name" '
    !/^#/ { exit }
    /^#!|SPDX-License-Identifier|^# shellcheck/ { next }
    { sub(/^# ?/, "") }
    index($0, "  " name) == 1 { sub(/^ */, ""); usage = usage (usage == "" ? "usage: " : "       ") $0 "\n"; next }
    { prose = prose $0 "\n" }
    END { printf "%s\n%s", usage == "" ? "usage: " name "\n" : usage, prose }' "$root/$name"
}

# record_run RESULT: the script has succeeded in what the suite cannot run; docs/runs/last-runs.tsv remembers
# (scripts/last-runs).
record_run() {
  "$root/scripts/last-runs" --record "$(script_path | sed "s|^$root/||")" "$1" || say "$(basename "$0"): not recorded"
}

# take_help ARGUMENT...: where one of them asks for help, prints the script's and ends it. What the others mean is up to
# the program that they go on to.
take_help() {
  local argument
  for argument in "$@"; do
    case $argument in
      -h | --help)
        print_help "$(script_path)"
        exit 0
        ;;
    esac
  done
}

# take_arguments LEAST MOST ARGUMENT...: the same, and ends the script with status 2 where there are fewer or more
# arguments, or an option: scripts with options of their own do not use it.
take_arguments() {
  local least=$1 most=$2 argument
  shift 2
  take_help "$@"
  for argument in "$@"; do
    [[ $argument != -* ]] || wrong_arguments "unknown option '$argument'"
  done
  [ "$#" -ge "$least" ] || wrong_arguments "an argument is missing"
  [ "$#" -le "$most" ] || wrong_arguments "unexpected argument '${*:$((most + 1)):1}'"
}

# wrong_arguments TEXT: ends the script with the status of a wrong command line.
wrong_arguments() {
  say "$(basename "$0"): $*; try $(script_path | sed "s|^$root/||") --help"
  exit 2
}

# The script that runs, wherever it was called from.
script_path() { printf '%s/%s\n' "$(cd "$(dirname "$0")" && pwd)" "$(basename "$0")"; }

# run_logged LOG COMMAND...: runs the command with its output in LOG; on failure shows the end of LOG and returns
# the command's status. Reads nothing from stdin.
run_logged() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    say "--- $* failed with status $status; the end of its output ($log):"
    tail -n 200 "$log" >&2
    say "---"
  fi
  return "$status"
}

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    if ! dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
      printf '%s\n' "$package"
    fi
  done
}

# as_root COMMAND...: as root directly, else through sudo, which asks for a password only at a terminal.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

# May as_root work?
have_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null && return 0
  # Let sudo ask once; it remembers the answer for the calls that follow.
  [ -t 0 ] && [ -t 2 ] && sudo -v
}

# need_packages PACKAGE...: installs what is missing and calls apt-get for nothing else.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "$(basename "$0"): this is no Debian system; going on with what is installed (needed: $*)"
    return 0
  fi
  local list missing
  list=$(missing_packages "$@")
  [ -z "$list" ] && return 0
  mapfile -t missing <<<"$list"
  if ! have_root; then
    say "$(basename "$0"): packages are missing and cannot be installed from here (neither root nor sudo). As root:"
    say "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    exit 1
  fi
  say "Installing ${missing[*]}"
  # An update may fail in part (one mirror of several): whether it was enough, the installation decides.
  run_logged "$root/build/apt-update.log" as_root apt-get update || true
  run_logged "$root/build/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" \
    || die "the packages could not be installed"
}

# build_preset PRESET [TARGET...]: configures and builds build/PRESET; only what changed is rebuilt.
build_preset() {
  local preset=$1 tree="$root/build/$1" targets=()
  shift
  [ "$#" -gt 0 ] && targets=(--target "$@")
  [ -f "$tree/CMakeCache.txt" ] || say "Building in build/$preset"
  run_logged "$root/build/$preset-configure.log" cmake -S "$root" --preset "$preset" \
    || die "configuring build/$preset failed"
  run_logged "$root/build/$preset-build.log" cmake --build "$tree" -j "$jobs" "${targets[@]}" \
    || die "building build/$preset failed"
}

# own_package_lists FOLDER ARCHITECTURE: fetches that architecture's package lists into FOLDER, and leaves in
# apt_options what makes apt-get and apt-cache use them. The system's lists, architectures and dpkg database stay as
# they are; no root needed.
own_package_lists() {
  local folder=$1 architecture=$2
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  : >"$folder/status"
  apt_options=(
    -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" -o APT::Sandbox::User="$(id -un)"
    -o Dir::State::Lists="$folder/lists" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache"
  )
  run_logged "$folder/update.log" apt-get "${apt_options[@]}" update
}

# unpack_packages FOLDER TARGET PACKAGE...: fetches the packages by the lists in FOLDER and unpacks them in TARGET.
unpack_packages() {
  local folder=$1 target=$2 file
  shift 2
  mkdir -p "$target"
  (cd "$folder" && run_logged "$folder/download.log" apt-get "${apt_options[@]}" download "$@") || return 1
  for file in "$folder"/*.deb; do
    dpkg -x "$file" "$target" || return 1
  done
}

# make_environment FOLDER [OPTION...]: a virtual environment of Debian's Python, unless it is there.
make_environment() {
  local folder=$1 python=/usr/bin/python3
  shift
  [ -x "$python" ] || python=python3
  [ -x "$folder/bin/pip" ] || run_logged "$folder.log" "$python" -m venv "$@" "$folder" || die "no virtual environment"
}

# install_package ENVIRONMENT [WHEEL]: the Python package, of that wheel or built from this repository, and what it needs
# from PyPI.
install_package() {
  say "Installing the package in ${1#"$root/"}"
  CMAKE_BUILD_PARALLEL_LEVEL=$jobs run_logged "$1.log" "$1/bin/pip" install "${2:-$root}"
}
