"""Labels, each a function of what a renderer saw."""
