"""Vision: what cameras see of a scene, and the labels that only its maker knows."""
