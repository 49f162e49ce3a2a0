# SPDX-License-Identifier: BSD-3-Clause
"""A child of fork() that imports rowcast late. OpenMP's threads stay with the parent, but a runtime that was loaded
there believes in them and would wait for ever. What the parent did cannot be asked: so a process that is a fork without
an exec, and has an OpenMP runtime before rowcast brings one, multiplies on one thread."""
import re

_FORKED_WITHOUT_EXEC = 0x40  # PF_FORKNOEXEC, include/linux/sched.h
_RUNTIMES = re.compile(r"/lib(?:g|i)?omp[^/]*\.so", re.I)


def _is_fork(stat: str) -> bool:
    """By the text of /proc/self/stat: its second field, in parentheses, may have anything in it."""
    return bool(int(stat.rpartition(")")[2].split()[6]) & _FORKED_WITHOUT_EXEC)


def must_stay_serial() -> bool:
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stat:
            if not _is_fork(stat.read()):
                return False
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            return _RUNTIMES.search(maps.read()) is not None
    except (OSError, ValueError, IndexError):
        return False  # no /proc: nothing is known
