# SPDX-License-Identifier: BSD-3-Clause
"""python -m rowcast: the command-line tool, where it is installed. The package does not contain it."""
import os
import shutil
import sys


def main() -> int:
    tool = shutil.which("rowcast")
    if tool is None:
        print("rowcast: the tool is not in PATH; the Python package does not contain it (docs/install.md)",
              file=sys.stderr)
        return 1
    os.execv(tool, [tool, *sys.argv[1:]])
    return 0


sys.exit(main())
