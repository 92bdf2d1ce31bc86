"""Policies that learn: networks, behaviour cloning, proximal policy optimisation, and the practice they learn from."""
