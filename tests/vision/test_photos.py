from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.capture.photo import decode_photo
from multisynth.vision.photos import Photos
from PIL import ExifTags, Image, ImageOps

from multisynth.testing import run_stage

LUND = Path(__file__).parents[3] / "shared/data/lund_door"


def picture(width: int = 90, height: int = 70) -> Image.Image:
    """Smooth, so that JPEG keeps it; another colour in each corner, so that a turn shows."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return Image.fromarray((np.stack([x, y, 1 - x * y], axis=-1) * 255).astype(np.uint8))


def exif(**values: object) -> Image.Exif:
    found = Image.Exif()
    details = found.get_ifd(ExifTags.IFD.Exif)
    for name, value in values.items():
        (found if name in ("Make", "Model", "Orientation") else details)[ExifTags.Base[name].value] = value
    return found


def save(path: Path, image: Image.Image | None = None, **values: object) -> None:
    (image or picture()).save(path, exif=exif(**values), quality=95)


def test_photos_below_a_folder_in_the_order_of_their_paths_kept_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("c.png", "b/a.JPG", "a.jpeg", ".hidden/x.jpg"):
        picture().save(tmp_path / name)
    ran = run_stage(Photos(folder=tmp_path, license="CC-BY-4.0"), batch_size=2)
    assert ran.samples["name"] == ["a.jpeg", "b/a.JPG", "c.png"] and not ran.drops
    assert ran.samples["image"] == [(tmp_path / name).read_bytes() for name in ran.samples["name"]]
    assert set(zip(ran.samples["width"], ran.samples["height"], strict=True)) == {(90, 70)}
    assert ran.samples["focal"] == [None] * 3 and ran.samples["license"] == ["CC-BY-4.0"] * 3
    assert len(run_stage(Photos(folder=tmp_path, count=2)).samples) == 2
    assert Photos(folder=tmp_path, count=9).count_of() == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_bytes_lie_as_they_are_seen(orientation: int, ending: str, tmp_path: Path) -> None:
    save(tmp_path / f"a.{ending}", Orientation=orientation)
    (photo,) = run_stage(Photos(folder=tmp_path)).samples
    seen = np.array(ImageOps.exif_transpose(Image.open(tmp_path / f"a.{ending}")).convert("RGB"))
    assert (photo["height"], photo["width"]) == seen.shape[:2]
    assert np.abs(decode_photo(photo["image"]).astype(int) - seen).max() <= (6 if ending == "jpg" else 0)
    assert Image.open(BytesIO(photo["image"])).getexif().get(ExifTags.Base.Orientation, 1) == 1


@pytest.mark.parametrize(
    ("said", "focal"),
    [
        ({"FocalLengthIn35mmFilm": 50}, 50 / np.hypot(36, 24) * np.hypot(90, 70)),
        # 10 mm at 100 px a mm, taken 900 px wide and shrunk to 90
        ({"FocalLength": 10, "FocalPlaneXResolution": 2540, "FocalPlaneResolutionUnit": 2, "ExifImageWidth": 900}, 100),
        ({"FocalLength": 10, "FocalPlaneXResolution": 1000, "FocalPlaneResolutionUnit": 3}, 1000),
        ({"FocalLength": 10}, None),
        ({"FocalLengthIn35mmFilm": 0}, None),
    ],
)
def test_focal_length_in_pixels_by_exif(said: dict[str, object], focal: float | None, tmp_path: Path) -> None:
    save(tmp_path / "a.jpg", Make="Maker\0", Model="One", LensModel="Lens", **said)
    (photo,) = run_stage(Photos(folder=tmp_path)).samples
    assert photo["camera"] == "Maker One Lens"
    assert photo["focal"] == (None if focal is None else pytest.approx(focal))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "I;16", "webp", "tiff", "mpo"])
def test_other_forms_are_readable_photos_of_8_bits(mode: str, tmp_path: Path) -> None:
    if mode in ("webp", "tiff", "mpo"):
        options = {"save_all": True, "append_images": [picture()]} if mode == "mpo" else {}
        picture().save(tmp_path / f"a.{mode}", **options)
    elif mode == "I;16":
        Image.fromarray(np.full((70, 90), 40_000, np.uint16)).save(tmp_path / "a.png")
    else:
        picture().convert(mode).save(tmp_path / f"a.{'jpg' if mode in ('L', 'CMYK') else 'png'}")
    ran = run_stage(Photos(folder=tmp_path))
    assert not ran.drops
    pixels = decode_photo(ran.samples[0]["image"])
    assert pixels.shape == (70, 90, 3)
    if mode == "I;16":
        assert set(np.unique(pixels)) == {156}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "key", "webp", "turned"])
def test_what_is_transparent_lies_over_white_and_meta_says_so(mode: str, tmp_path: Path) -> None:
    """The left half is grey; the right half hides a colour behind nothing."""
    pixels = np.full((70, 90, 4), (60, 60, 60, 255), np.uint8)
    pixels[:, 45:] = (200, 200, 200, 0)
    image, path = Image.fromarray(pixels), tmp_path / ("a.webp" if mode == "webp" else "a.png")
    if mode == "key":  # RGB of which one colour is transparent
        image.convert("RGB").save(path, transparency=(200, 200, 200))
    elif mode == "P":
        image.convert("RGB").quantize(2).save(path, transparency=image.convert("RGB").quantize(2).getpixel((80, 0)))
    else:
        said = {"exif": exif(Orientation=3)} if mode == "turned" else {}
        options = {"lossless": True} if mode == "webp" else {}
        (image.convert("LA") if mode == "LA" else image).save(path, **options, **said)
    (photo,) = run_stage(Photos(folder=tmp_path)).samples
    seen = decode_photo(photo["image"])[:, :: -1 if mode == "turned" else 1]
    assert photo.meta == {"background": "white"}
    assert (seen[:, :45] == 60).all() and (seen[:, 45:] == 255).all()
    assert Image.open(BytesIO(photo["image"])).mode == "RGB"
    if mode != "webp":  # bytes that came by another way
        assert (decode_photo(path.read_bytes())[:, 45:] == 255).all()


def test_an_alpha_channel_that_hides_nothing_is_nothing_to_speak_of(tmp_path: Path) -> None:
    picture().convert("RGBA").save(tmp_path / "a.png")
    (photo,) = run_stage(Photos(folder=tmp_path)).samples
    assert photo.meta == {} and (decode_photo(photo["image"]) == np.array(picture())).all()


def test_what_is_no_whole_photo_is_dropped_by_name(tmp_path: Path) -> None:
    save(tmp_path / "good.jpg")
    whole = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "empty.jpg").touch()
    picture(20, 200).save(tmp_path / "small.png")
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    (tmp_path / "out.jpg").symlink_to(tmp_path.parent / "elsewhere.jpg")
    picture().save(tmp_path.parent / "elsewhere.jpg")
    ran = run_stage(Photos(folder=tmp_path))
    reasons = {reason.split(": ")[1]: reason for _, reason in ran.drops}
    assert ran.samples["name"] == ["good.jpg"] and not ran.failures
    assert set(reasons) == {"cut.jpg", "notes.txt", "empty.jpg", "small.png", "bomb.png", "out.jpg"}
    assert "truncated" in reasons["cut.jpg"] and "9000×9000" in reasons["bomb.png"]
    assert reasons["small.png"] == "too small: small.png: 20×200 px"
    assert reasons["out.jpg"].endswith("leads out of the folder")


def test_one_photo_is_a_folder_of_one(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg")
    save(tmp_path / "b.jpg")
    assert run_stage(Photos(folder=tmp_path / "b.jpg")).samples["name"] == ["b.jpg"]


@pytest.mark.skipif(not LUND.is_dir(), reason="the photos of the Lund door are not here")
def test_lund_door() -> None:
    ran = run_stage(Photos(folder=LUND / "images", count=2))
    assert [photo["camera"] for photo in ran.samples] == ["NIKON CORPORATION NIKON D60"] * 2
    assert ran.samples[0]["focal"] == pytest.approx(2435, rel=0.06)  # as COLMAP's model has it
