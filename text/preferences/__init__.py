"""Which of two answers is better: by a constitution, by rewards, by verifiers."""
