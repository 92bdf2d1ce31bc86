"""What a run cost and what more would: `prices` are read, `cost` accounts in `figures`, `scale` foretells."""
