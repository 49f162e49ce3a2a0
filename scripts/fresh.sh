# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# shellcheck disable=SC2154 # $root is lib.sh's
# A bare Debian 12 in a folder, for the scripts that try things as a new user would. Sourced after lib.sh; never run.
# Root; needs debootstrap and the network. DEBIAN_MIRROR names another mirror.

# enter_fresh_debian SCRIPT [FOLDER]: makes it (debootstrap's minimal variant, git and ca-certificates) in FOLDER, which
# is kept, or in a temporary one, which is removed, and starts the script again in a mount namespace of its own; returns
# there, with $fresh set. What is bound in there is gone with the namespace.
enter_fresh_debian() {
  local script=$1 file at status=0
  shift
  [ "$(id -u)" -eq 0 ] || die "needs root (debootstrap and chroot)"
  if [ -z "${ROWCAST_INSIDE:-}" ]; then
    need_packages debootstrap
    if [ "$#" -gt 0 ]; then
      mkdir -p "$1"
      fresh=$(cd "$1" && pwd)
    else
      fresh=$(mktemp -d)
      chmod 755 "$fresh" # it becomes the root folder of ordinary users too
      trap 'rm -rf --one-file-system "$fresh"' EXIT
    fi
    if [ ! -x "$fresh/usr/bin/apt-get" ]; then
      say "Making a bare Debian 12 in $fresh"
      run_logged "$root/build/debootstrap.log" debootstrap --variant=minbase --include=git,ca-certificates \
        bookworm "$fresh" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" || die "debootstrap failed"
    fi
    unshare --mount --propagation private env ROWCAST_INSIDE=1 "$script" "$fresh" || status=$?
    exit "$status"
  fi
  fresh=$1
  for file in resolv.conf hosts; do
    [ -e "/etc/$file" ] && cat "/etc/$file" >"$fresh/etc/$file"
  done
  for at in proc sys dev; do
    mount --rbind "/$at" "$fresh/$at"
  done
}

inside() { chroot "$fresh" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
# shellcheck disable=SC2016 # the format is dpkg-query's
packages() { inside dpkg-query -W -f='${Package} ${Version}\n' | sort; }
