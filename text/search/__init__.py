"""Monte Carlo tree search over the steps of an answer, and what is harvested from its trees."""
