# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the checks of this folder share. A check is one ctest entry (tests/configurations.cmake): it says what it
# did, exits 0 when all is well, and stops at the first thing that is not.
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# ctest runs two checks at a time, and gives each one processor: what one of them leaves idle, the other has.
jobs=2

# Sanitizers of this age fail on kernels that randomise addresses by more bits than they know of: run without,
# where that is allowed.
fixed_addresses=()
if setarch "$(uname -m)" -R true 2>/dev/null; then
  # shellcheck disable=SC2034 # used by the scripts that source this file
  fixed_addresses=(setarch "$(uname -m)" -R)
fi

# crc32_of COMMAND...: the checksum of the product that a `rowcast matmul` command computes.
crc32_of() {
  local crc
  crc=$("$@" --json | sed -n 's/.*"crc32": *"\([0-9a-f]\{8\}\)".*/\1/p')
  [ -n "$crc" ] || die "no crc32 from: $*"
  printf '%s\n' "$crc"
}

# expect_crc32 CRC COMMAND...: the command computes that product.
expect_crc32() {
  local expected=$1 got
  shift
  got=$(crc32_of "$@")
  [ "$got" = "$expected" ] || die "crc32 $got instead of $expected: $*"
  say "crc32 $got: $*"
}

# kernel_is NAME true|false COMMAND...: `rowcast cpu --json`, run by the command, says so of the kernel.
kernel_is() {
  local name=$1 usable=$2 line
  shift 2
  line=$("$@" cpu --json | tr -d ' \n' | tr '{' '\n' | grep -F "\"kernel\":\"$name\"" || true)
  case $line in
    *"\"usable\":$usable"*) say "$name usable: $usable" ;;
    *) die "$name should have \"usable\": $usable, but is: ${line:-not listed}" ;;
  esac
}

# examples_are_at README PLACE FROM TO: where the examples' README says they and the data are, in the line about that
# place, there they are when TO is put for FROM.
examples_are_at() {
  local examples data file
  read -r examples data _ < <(grep -F " # $2" "$1") || die "$1 has no line about '$2'"
  examples=${examples#examples=} data=${data#data=}
  for file in "$examples"/{README.md,CMakeLists.txt,serve.c,default_job.py} \
    "$data"/{softmax-weights.npy,softmax-bias.npy,t10k-images-idx3-ubyte.gz}; do
    [ -f "$4${file#"$3"}" ] || die "$1 has $file for '$2', which is not there"
  done
  say "the examples' README: $2"
}

# links_resolve FOLDER: what the documents in a folder of an installed tree link to is in that tree, or a URL.
links_resolve() {
  local folder=$1 document target links=0
  while IFS= read -r document; do
    while IFS= read -r target; do
      [ -e "$(dirname "$document")/$target" ] || die "${document#"$folder/"} links to $target, which is not there"
      links=$((links + 1))
    done < <(grep -oE '\]\([^) ]+\)|<img src="[^"]+"' "$document" | sed -E 's/^(\]\(|<img src=")//; s/[)"]$//; s/#.*//' \
      | grep -vE '^$|^[a-z]+:' | sort -u)
  done < <(find "$folder" -name '*.md')
  [ "$links" -ge 20 ] || die "only $links links in the documents of $folder"
  say "$links links of installed documents lead somewhere"
}
