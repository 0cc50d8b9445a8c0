"""``python -m lemmata`` is the command ``lemmata``."""

import sys

from lemmata.doors.cli import main

if __name__ == "__main__":  # not in a child process that imports it again
    sys.exit(main())
