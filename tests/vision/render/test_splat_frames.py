"""The benchmark of labelled frames of splats, small and on a CPU."""

from argparse import Namespace

from benchmarks import vision_splat_frames


def test_it_films_a_room_into_a_store(tmp_path):
    options = Namespace(workers=1, frames=3, gaussians=3000, width=96, height=54, seconds=0.05, out=tmp_path)
    figures = vision_splat_frames.measured(options)
    assert figures["frames"] == 3
    assert figures["frames_per_second"] > 0
    assert figures["megabytes_per_frame"] > 0.02
    assert min(figures[name] for name in ("bare_single", "renderer_to_host", "encoded_on_one_core")) > 0
