"""Where work runs: this process or children of it, with limits of time and memory, and what is left when one dies."""
