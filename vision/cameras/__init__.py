"""Where a camera stands, what its lens does, where it goes, and whether it may film from there."""
