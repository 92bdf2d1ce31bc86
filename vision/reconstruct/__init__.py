"""From posed views to a volume that renders: Gaussian splats, or a NeRF."""
