# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the scripts share that start rowcast-mpi. Sourced, never run, by those that have set $openmpi and $mpich, the
# programs that are built with either, of which one may be missing.

# Open MPI asks root twice, and wants to be told that ranks may be more than cores.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# Most seconds that a run of these scripts may take: a bound, not a measure.
mpi_bound=60

# mpi_kinds: the MPIs whose programs are there, one a line: openmpi, mpich.
mpi_kinds() {
  if [ -x "${openmpi:?}" ]; then echo openmpi; fi
  if [ -x "${mpich:?}" ]; then echo mpich; fi
}

# mpi_program KIND: its file.
mpi_program() {
  case $1 in
    openmpi) echo "${openmpi:?}" ;;
    mpich) echo "${mpich:?}" ;;
  esac
}

# mpi_launcher KIND: leaves its launcher's command in `launcher`.
mpi_launcher() {
  case $1 in
    # Named transports: looking for others takes longer than these runs.
    openmpi)
      launcher=(mpirun.openmpi -q --oversubscribe --bind-to none --mca pml ob1 --mca btl "self,vader,tcp")
      ;;
    mpich) launcher=(mpiexec.mpich) ;;
  esac
}

# on KIND RANKS ARGUMENT...: rowcast-mpi on so many ranks.
on() {
  local kind=$1 ranks=$2 launcher
  shift 2
  mpi_launcher "$kind"
  timeout -k 5 "$mpi_bound" "${launcher[@]}" -n "$ranks" "$(mpi_program "$kind")" "$@"
}

# on_two KIND FOLDER ARGUMENT...: on two ranks, the second of which is in that folder.
on_two() {
  local kind=$1 folder=$2 launcher program
  shift 2
  mpi_launcher "$kind"
  program=$(mpi_program "$kind")
  timeout -k 5 "$mpi_bound" "${launcher[@]}" -n 1 "$program" "$@" : -n 1 -wdir "$folder" "$program" "$@"
}

# mpi_begin KIND RANKS ARGUMENT...: starts it, and waits until its temporary file is there; leaves in `waited` what to
# wait for, in `launched` the launcher's process, and in `rank_pids` the ranks'.
mpi_begin() {
  local kind=$1 ranks=$2 launcher
  shift 2
  mpi_launcher "$kind"
  timeout -k 5 "$mpi_bound" "${launcher[@]}" -n "$ranks" "$(mpi_program "$kind")" "$@" 2>run.err &
  waited=$!
  mpi_wait_for_ranks "$waited" "$ranks"
}

# mpi_wait_for_ranks TIMEOUT_PID RANKS
mpi_wait_for_ranks() {
  local tries parent
  launched=
  for ((tries = 0; tries < 600; tries++)); do
    sleep 0.05
    compgen -G '.*' | grep -qvxE '\.\.?' || continue
    launched=$(pgrep -P "$1" | head -n 1)
    parent=$launched
    [ "$kind" = openmpi ] || parent=$(pgrep -P "$launched" | head -n 1)
    mapfile -t rank_pids < <(pgrep -P "$parent" | sort -n)
    [ "${#rank_pids[@]}" -ne "$2" ] || return 0
  done
  die "$kind: no temporary file of $2 ranks within 30 s: $(cat run.err)"
}

# one_line TEXT FILE: rowcast-mpi has said one line in it, and that has the text.
one_line() {
  [ "$(grep -c '^rowcast-mpi: ' "$2")" = 1 ] || die "not one line, but: $(cat "$2")"
  grep -q "^rowcast-mpi: .*$1" "$2" || die "no '$1' in: $(cat "$2")"
}

# nothing_left WHAT: no temporary file, within five seconds, and no result y.npy, gzipped or not.
nothing_left() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    if ! compgen -G '.y.npy*' >/dev/null; then
      ! compgen -G 'y.npy*' >/dev/null || die "$1: $(compgen -G 'y.npy*') is there"
      return 0
    fi
    sleep 0.1
  done
  die "$1: left is $(compgen -G '.y.npy*')"
}
