"""Measurements, one module a claim of the README."""
