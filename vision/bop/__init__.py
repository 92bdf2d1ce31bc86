"""Frames in the format of the BOP benchmark for poses of objects."""
