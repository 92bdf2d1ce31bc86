"""Gaussian splats: what they are, their files, and how they become an image on a GPU or a CPU."""
