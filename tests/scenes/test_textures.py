import numpy as np
import pytest
from multisynth.scenes import Camera, Shape
from multisynth.scenes.meshes import triangles
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Light, Scene
from multisynth.scenes.textures import LARGEST, look_up, texels
from PIL import Image
from scipy.ndimage import map_coordinates

from tests.scenes.render.balls import body

SQUARE = """mtllib square.mtl
v -1 -1 0
v 1 -1 0
v 1 1 0
v -1 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl painted
f 1/1 2/2 3/3
f 1/1 3/3 4/4
"""


def test_a_picture_becomes_linear_and_small():
    flat = texels(Image.new("RGB", (700, 350), (255, 188, 0)))
    assert flat.shape == (LARGEST // 2, LARGEST, 3)
    np.testing.assert_allclose(flat[5, 7], [1, 0.503, 0], atol=2e-3)  # sRGB 188 is half
    # averaged in light, not in codes
    stripes = np.zeros((2 * LARGEST, 2 * LARGEST), np.uint8)
    stripes[:, ::2] = 255
    np.testing.assert_allclose(texels(Image.fromarray(stripes)), 0.5, atol=1e-6)


def test_look_up_is_bilinear_and_repeats():
    rng = np.random.Generator(np.random.Philox(2))
    texture = rng.random((6, 9, 3)).astype(np.float32)
    uv = rng.uniform(-2, 3, (500, 2))
    places = [(1 - uv[:, 1] % 1) * 6 - 0.5, uv[:, 0] % 1 * 9 - 0.5]
    want = np.stack([map_coordinates(texture[..., c], places, order=1, mode="grid-wrap") for c in range(3)], -1)
    np.testing.assert_allclose(look_up(texture, uv), want, atol=1e-5)


@pytest.fixture
def square(tmp_path, monkeypatch) -> str:
    """A square of 2 m whose quarters are red and green above, blue and white below."""
    package = tmp_path / "painted_things"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "square.obj").write_text(SQUARE)
    (package / "square.mtl").write_text("newmtl painted\nKd 0.5 0.5 0.5\nmap_Kd square.png\n")
    quarters = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    Image.fromarray(quarters.repeat(20, axis=0).repeat(20, axis=1)).save(package / "square.png")
    monkeypatch.syspath_prepend(tmp_path)
    return "painted_things:square.obj"


def test_a_texture_lies_the_right_way_up_on_what_is_filmed(square):
    shape = Shape(kind="mesh", size=(1, 1, 1), mesh=square, colour=(0.8, 0.8, 0.8))
    assert triangles(shape).textures[0].shape == (40, 40, 3)
    camera = Camera(name="c", width=40, height=40, position=(0, 0, 4), target=(0, 0, 0), fov=30)  # up is y
    scene = Scene(bodies=(body("square", 1, shape),), cameras=(camera,), light=Light(intensity=0, ambient=1))
    colours = Renderer(World(scene), camera).view(np.array([[0, 0, 0, 1, 0, 0, 0]]), linear=True).radiance
    seen = [colours[row, column] / 0.4 for row, column in ((10, 10), (10, 30), (30, 10), (30, 30))]
    np.testing.assert_allclose(seen, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], atol=0.01)
