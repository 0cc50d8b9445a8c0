"""How a person comes in: pytest, the command, watching, resuming, the doctor."""
