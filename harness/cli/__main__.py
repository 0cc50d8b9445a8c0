"""``python -m harness.cli`` is ``lemmata``."""

import sys

from harness.cli import main

if __name__ == "__main__":  # not in a child process that imports it again
    sys.exit(main())
