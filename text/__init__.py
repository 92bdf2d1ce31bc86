"""Language-model generators: problems, attempts at them, and what is worth keeping."""
