"""What a camera sees of a scene: depth, normals, instances and colours, by rays, without a GPU."""
