"""What several runs can tell: evidence that lasts, what got worse, and what a night spends its time on."""
