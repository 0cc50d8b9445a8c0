r"""Lemma 4.2: semismoothness of the network output (being written)."""
