"""From evidence to the record of a bound: the verdict, the numbers, the counterexamples."""
