"""STaR: rationales that a model finds by itself, or under a hint that never shows."""
