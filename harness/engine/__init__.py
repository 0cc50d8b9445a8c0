"""Networks trained many at a time, as one tensor program on a CPU or a GPU; `lemmata.engine.train` is the entrance."""
