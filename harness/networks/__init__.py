"""The papers' networks as batched pure functions, with layer maps and gradients by the printed formulas."""
