"""The compositor's inner loops, compiled by numba on first use; import them inside functions."""
