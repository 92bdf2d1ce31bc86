"""Final answers: where they are stated, and whether two of them are the same."""
