"""Many demonstrations out of few, as in MimicGen (Mandlekar et al. 2023, arXiv 2310.17596)."""
