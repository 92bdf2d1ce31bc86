"""Self-correction: the first wrong step of an attempt, found and mended."""
