"""Which camera films, and at which size."""

from __future__ import annotations

from multisynth.scenes.schema import Camera, Scene

LARGEST = 3840 * 2160
"""Pixels of a frame, at most; a scene's JSON may come from anywhere."""


class NoCamera(Exception):
    """A scene does not have what was asked for; says what."""


def choose(scene: Scene, name: str | None, width: int | None, height: int | None) -> Camera:
    """A camera of the scene, perhaps with another size; its vertical field of view stays.

    Args:
        scene: Where it stands.
        name: Its name, or None for the first.
        width: px, or None for its own.
        height: px, or None for its own.

    Raises:
        NoCamera: The scene has none of that name, or it cannot film.
    """
    named = [camera for camera in scene.cameras if name is None or camera.name == name]
    if not named:
        raise NoCamera("the scene has no camera" + (f" called {name}" if name else ""))
    camera = named[0]
    camera = camera.model_copy(update={"width": width or camera.width, "height": height or camera.height})
    if camera.width * camera.height > LARGEST:
        raise NoCamera(f"the camera has too many pixels: {camera.width}×{camera.height}")
    if camera.position == camera.target:
        raise NoCamera("the camera looks at the point where it stands")
    return camera
