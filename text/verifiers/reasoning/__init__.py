"""What reasoning says in words and equations, and whether the answer depends on it."""
