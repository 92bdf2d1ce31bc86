"""Models that argue before a judge, beside self-consistency at the same cost."""
