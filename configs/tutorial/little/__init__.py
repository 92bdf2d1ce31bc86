"""A little library for the tutorial recipe: numerals, intervals and runs."""
