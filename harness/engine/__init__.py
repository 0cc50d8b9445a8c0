"""Networks trained many at a time, as one tensor program on a CPU or a GPU; `harness.engine.train` is the entrance."""
