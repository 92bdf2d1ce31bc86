"""Thousands of worlds at once on a GPU, by MuJoCo Warp (Google DeepMind and NVIDIA, the Newton project)."""
