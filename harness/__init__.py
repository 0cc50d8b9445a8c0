"""What checks the claims: vocabulary, plan, networks, adversaries, statistics, and the doors to a run."""
