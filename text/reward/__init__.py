"""Rewards of attempts: by a classifier, or a language model's judgement."""
