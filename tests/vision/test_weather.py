from typing import Any

import numpy as np
import pytest
from multisynth.vision.light.fog import fog
from multisynth.vision.weather import Weather

from multisynth.errors import BadInput
from multisynth.kinds import FRAME
from multisynth.media import decode_floats, decode_radiance, decode_rgb, encode_floats, encode_radiance, encode_rgb
from multisynth.rows import Birth, batch_of
from multisynth.sample import Sample
from multisynth.srgb import encoded, linear
from multisynth.testing import run_stage

SIZE = 48, 64
DEPTH = np.linspace(0.5, 60, SIZE[0] * SIZE[1], dtype=np.float32).reshape(SIZE)[::-1].copy()
DEPTH[:8] = 0
RGB = np.random.default_rng(1).integers(0, 255, (*SIZE, 3), dtype=np.uint8)


def frame(ordinal: int = 0, **columns: Any) -> Sample:
    intrinsics = np.array([[60.0, 0, SIZE[1] / 2], [0, 60.0, SIZE[0] / 2], [0, 0, 1]])
    pose = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    given = {"rgb": encode_rgb(RGB), "depth": encode_floats(DEPTH), **columns}
    return Sample(
        FRAME, ordinal, width=SIZE[1], height=SIZE[0], intrinsics=intrinsics, world_to_camera=pose, time=0.0, **given
    )


def rays() -> np.ndarray:
    """Length of the ray to z = 1. [H, W]"""
    x, y = np.meshgrid((np.arange(SIZE[1]) + 0.5 - SIZE[1] / 2) / 60, (np.arange(SIZE[0]) + 0.5 - SIZE[0] / 2) / 60)
    return np.sqrt(1 + x**2 + y**2)


def test_fog_of_a_frame_is_koschmieders_law_along_the_ray() -> None:
    ran = run_stage(Weather.model_validate({"fog": {"visibility": 40, "airlight": 0.7, "top": 1e6}}), [frame()])
    seen = ran.samples[0]
    expected = encoded(fog(linear(RGB), DEPTH * rays(), 40.0, (0.7, 0.7, 0.7)))
    assert np.abs(decode_rgb(seen["rgb"]).astype(int) - expected).max() <= 1
    assert decode_rgb(seen["rgb"])[0, 0].tolist() == encoded(np.full(3, 0.7)).tolist()
    assert (decode_floats(seen["depth"]) == DEPTH).all()
    assert seen.meta["weather"] == {
        "fog": {"visibility": pytest.approx(40), "airlight": 0.7, "top": pytest.approx(1e6)}
    }
    away = np.where(DEPTH > 0, DEPTH * rays(), np.inf)
    assert seen.meta["transmittance"] == pytest.approx(np.median(0.05 ** (away / 40)), rel=1e-4)


def test_distance_and_radiance_are_taken_where_there_are_such_labels() -> None:
    bright = np.full((*SIZE, 3), 4.0, np.float32)
    given = frame(depth=None, distance=encode_floats(np.full(SIZE, 10.0, np.float32)), radiance=encode_radiance(bright))
    seen = run_stage(Weather.model_validate({"fog": {"visibility": 10, "airlight": 0.5}}), [given]).samples[0]
    assert decode_radiance(seen["radiance"]) == pytest.approx(np.full((*SIZE, 3), 4 * 0.05 + 0.5 * 0.95), rel=1e-3)


def test_visibilities_of_a_thousand_frames_are_spread_by_order_of_magnitude() -> None:
    """A Kolmogorov-Smirnov test of their logarithms."""
    from scipy.stats import kstest

    stage = Weather.model_validate({"fog": {"visibility": [20, 5000]}})
    tiny = [frame(n, rgb=encode_rgb(RGB[:2, :2]), depth=encode_floats(DEPTH[-2:, :2])) for n in range(400)]
    small = [sample.replace(width=2, height=2) for sample in tiny]
    drawn = [one.meta["weather"]["fog"]["visibility"] for one in run_stage(stage, small).samples]
    spread = (np.log(drawn) - np.log(20)) / (np.log(5000) - np.log(20))
    assert kstest(spread, "uniform").pvalue > 0.01


@pytest.mark.parametrize("batch_size", [1, 3])
def test_everything_at_once_does_not_depend_on_batches(batch_size: int) -> None:
    options: dict[str, Any] = {"fog": {}, "rain": {}, "glare": {"lamp": {}}, "night": {}, "camera": {}, "thermal": {}}
    kelvin = encode_floats(np.full(SIZE, 295, np.float32))
    frames = [frame(n, temperature=kelvin) for n in range(3)]
    stage = Weather.model_validate(options)
    one, other = run_stage(stage, frames), run_stage(stage, frames, batch_size=batch_size)
    assert one.samples["content_hash"] == other.samples["content_hash"]
    assert len(set(one.samples["content_hash"])) == 3
    assert set(one.samples[0].meta["weather"]) == set(options)
    assert decode_floats(one.samples[0]["temperature"]).std() > 0


def test_a_path_shares_its_draw_and_not_its_noise() -> None:
    stage = Weather.model_validate({"night": {}, "per": "path"})
    parents = run_stage(Weather.model_validate({"fog": {"visibility": 1000}}), [frame(n) for n in range(2)]).samples
    siblings = [
        one.child(FRAME, **{name: one[name] for name in FRAME.columns}) for one in (parents[0], parents[0], parents[1])
    ]
    given = batch_of(Birth("shots", "test", 0, FRAME), siblings)
    ran = run_stage(stage, given)
    light = [one.meta["weather"]["night"]["illuminance"] for one in ran.samples]
    assert light[0] == light[1] != light[2]
    assert ran.samples[0]["rgb"] != ran.samples[1]["rgb"]


def test_adding_an_effect_leaves_the_draws_of_the_others() -> None:
    alone = run_stage(Weather.model_validate({"fog": {}}), [frame()]).samples[0].meta["weather"]
    both = run_stage(Weather.model_validate({"fog": {}, "glare": {}}), [frame()]).samples[0].meta["weather"]
    assert alone["fog"] == both["fog"]


def test_a_share_of_the_frames() -> None:
    stage = Weather.model_validate({"fog": {"share": 0.3}})
    ran = run_stage(stage, [frame(n) for n in range(60)])
    foggy = [bool(one.meta["weather"]) for one in ran.samples]
    assert 0.1 < np.mean(foggy) < 0.5
    clear = ran.samples[foggy.index(False)]
    assert clear.meta["transmittance"] == 1 and (decode_rgb(clear["rgb"]) == RGB).all()


@pytest.mark.parametrize(
    ("options", "columns", "reason"),
    [
        ({"fog": {}}, {"depth": None}, "add the label `depth`"),
        ({"thermal": {}}, {}, "add the label `temperature`"),
        ({"glare": {}}, {"right": encode_rgb(RGB)}, "a stereo pair"),
    ],
)
def test_what_cannot_be_done_is_dropped_with_a_remedy(options: Any, columns: Any, reason: str) -> None:
    assert reason in run_stage(Weather.model_validate(options), [frame(**columns)]).drops[0][1]


def test_metres_are_not_put_into_frames_of_unknown_scale() -> None:
    given = frame(temperature=encode_floats(np.full(SIZE, 295, np.float32))).with_meta(metric=False)
    for effect in ("fog", "underwater", "rain", "thermal"):
        ran = run_stage(Weather.model_validate({effect: {}, "glare": {}}), [given])
        assert f"{effect} counts in metres" in ran.drops[0][1] and "`unit`" in ran.drops[0][1]
    assert len(run_stage(Weather.model_validate({"glare": {}, "night": {}}), [given]).samples) == 1


def test_glare_and_noise_need_no_depth() -> None:
    ran = run_stage(Weather.model_validate({"glare": {}, "camera": {}}), [frame(depth=None)])
    assert len(ran.samples) == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"fog": {}, "underwater": {}}, "exclude each other"),
        ({"fog": {"visibility": [5000, 20]}}, "above the high end"),
        ({"fog": {"visibility": [0, 20]}}, "not from 1 to"),
        ({"night": {"illuminance": float("nan")}}, "not from"),
        ({"underwater": {"water": ["4C"]}}, "water"),
    ],
)
def test_refuses_options_that_have_no_meaning(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Weather.model_validate(options)


def test_weather_without_any_is_refused_before_anything_runs() -> None:
    with pytest.raises(BadInput, match="has no weather"):
        run_stage(Weather(), [frame()])


def test_night_is_darker_and_noisier() -> None:
    grey = np.full((*SIZE, 3), 128, np.uint8)
    dark, dim = (
        decode_rgb(
            run_stage(Weather.model_validate({"night": {"illuminance": lux}}), [frame(rgb=encode_rgb(grey))]).samples[
                0
            ]["rgb"]
        )
        for lux in (0.02, 100.0)
    )
    assert dim.mean() == pytest.approx(128, abs=3)
    assert dark.mean() < 60 and dark.std() / dark.mean() > 5 * dim.std() / dim.mean()
