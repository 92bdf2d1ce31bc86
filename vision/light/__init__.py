"""Light and weather, on linear radiance with the distance of what is seen, each by its formula."""
