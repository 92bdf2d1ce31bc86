"""One protocol, four renderers: splats on a GPU, splats on a CPU, rays on meshes, and path tracing."""
