#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A batch job for Slurm: Y = X * W on four nodes, one rank a node, which takes all of the node's CPUs. X is NPY, and all
# three names are on a file system that the nodes share.
#   sbatch slurm.sh X.npy W.npy Y.npy
#SBATCH --job-name=rowcast
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=01:00:00
set -eu
case ${1-} in
  -h | --help)
    echo "usage: sbatch slurm.sh X.npy W.npy Y.npy"
    exit 0
    ;;
  -*)
    echo "slurm.sh: unknown option '$1'; try slurm.sh --help" >&2
    exit 2
    ;;
esac
if [ "$#" -ne 3 ]; then
  echo "slurm.sh: three files are needed: X, W and Y; try slurm.sh --help" >&2
  exit 2
fi

# pmix is what Debian's Open MPI speaks; MPICH takes --mpi=pmi2. A rank that is bound to one CPU has one thread.
srun --mpi="${ROWCAST_SLURM_MPI:-pmix}" --cpu-bind=none --kill-on-bad-exit=1 rowcast-mpi matmul -i "$1" -w "$2" -o "$3"
