"""What a run cost and what more of it would: `prices` reads a table of prices, `cost` accounts, `scale` foretells."""
