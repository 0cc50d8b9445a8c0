"""The numbers in the docs, from commands that anyone can run again."""
