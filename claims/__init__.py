"""The statements: a folder a paper, a file a statement or a tight family of them."""
