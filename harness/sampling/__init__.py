"""Which parameters are tried, with which seeds, and how much: plans that can be printed without running anything."""
