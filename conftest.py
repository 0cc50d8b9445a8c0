"""Loads the plugin in a plain checkout; an installed package is found by its entry point."""

import os

pytest_plugins = ["lemmata.doors.plugin"]
collect_ignore = ["src", "harness"]  # the package, in which the claims are seen a second time

# Tests compute in this process: several threads in each of several workers cost a factor of 20 and more.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
