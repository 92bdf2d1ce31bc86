import io

import imagehash
import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from multisynth.curate.hamming import HammingIndex
from multisynth.curate.phash import PerceptualHash
from multisynth.kinds import FRAME
from multisynth.sample import Sample
from multisynth.testing import Ran, inputs_of, run_stage

RNG = np.random.default_rng(5)


def picture() -> np.ndarray:
    """Smooth random shapes. [48, 64, 3] uint8"""
    small = Image.fromarray(RNG.integers(0, 256, (6, 8, 3), np.uint8))
    return np.asarray(small.resize((64, 48), Image.Resampling.BICUBIC))


def noisy(image: np.ndarray, sigma: float = 2.0) -> np.ndarray:
    return np.clip(image + RNG.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def frames(images: list[bytes]) -> list[Sample]:
    camera = {"width": 64, "height": 48, "intrinsics": np.eye(3), "world_to_camera": np.eye(4), "time": 0.0}
    return [Sample(FRAME, n, rgb=data, **camera) for n, data in enumerate(images)]


def dedup(images: list[np.ndarray], batch_size: int | None = None, **options: int) -> Ran:
    return run_stage(PerceptualHash(**options), frames([png(image) for image in images]), batch_size=batch_size)


@pytest.mark.parametrize("hash_size", [8, 5, 16])
def test_agrees_with_comparing_every_pair(hash_size: int) -> None:
    images = [picture() for _ in range(25)]
    images += [noisy(image, sigma) for image in images for sigma in (1.0, 12.0)]
    images = [images[n] for n in RNG.permutation(len(images))]
    threshold = hash_size**2 // 12
    codes = [imagehash.phash(Image.fromarray(image), hash_size) for image in images]
    kept: list[int] = []
    gone: dict[int, tuple[int, int]] = {}
    for n, code in enumerate(codes):
        distance, nearest = min(((int(code - codes[m]), m) for m in kept), default=(9999, 0))
        if distance <= threshold:
            gone[n] = (nearest, distance)
        else:
            kept.append(n)
    assert 10 <= len(gone) <= 60

    batch = inputs_of(frames([png(image) for image in images]))
    ids = batch["id"]
    ran = run_stage(PerceptualHash(threshold=threshold, hash_size=hash_size), batch)
    assert ran.samples["origin"] == [ids[n] for n in kept]
    bits = hash_size**2
    assert dict(ran.drops) == {
        ids[n]: f"near-duplicate: of {ids[m]}, hamming {distance} of {bits} bits" for n, (m, distance) in gone.items()
    }


def test_batches_do_not_matter() -> None:
    images = [picture() for _ in range(8)]
    images += [noisy(image) for image in images]
    whole = dedup(images)
    assert len(whole.drops) == 8
    for size in (1, 3):
        parts = dedup(images, batch_size=size)
        assert parts.samples["id"] == whole.samples["id"]
        assert parts.drops == whole.drops


def test_a_brighter_copy_goes_and_a_mirrored_one_stays() -> None:
    image = picture() // 2
    ran = dedup([image, image + 20, image[:, ::-1]])
    assert len(ran.samples) == 2
    assert [reason.split(":")[0] for _, reason in ran.drops] == ["near-duplicate"]


@pytest.mark.parametrize(("bits", "radius"), [(64, 0), (64, 4), (64, 20), (16, 15), (25, 3)])
def test_hamming_search_is_exact(bits: int, radius: int) -> None:
    index, codes = HammingIndex(bits, radius), []
    for n in range(300):
        code = int(RNG.integers(0, 1 << min(bits, 62)))
        if n % 3 == 2:
            code = codes[-1] ^ (1 << int(RNG.integers(bits)))
        near = [((code ^ other).bit_count(), place) for place, other in enumerate(codes)]
        expected = min((pair for pair in near if pair[0] <= radius), default=None)
        assert index.nearest(code) == (None if expected is None else (expected[1], expected[0]))
        index.add(code)
        codes.append(code)


def test_bytes_that_are_no_image_are_refused() -> None:
    stage = PerceptualHash()
    with pytest.raises(ValueError, match="PNG"):
        stage.sketch(inputs_of(frames([b"not a picture"])))


@pytest.mark.parametrize("wrong", [{"threshold": -1}, {"threshold": 64}, {"hash_size": 2}])
def test_wrong_options_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        PerceptualHash(**wrong)
