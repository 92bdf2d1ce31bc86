"""What is in the world: bodies, their shapes, lights and cameras."""

from multisynth.scenes.schema import Body, Camera, Light, Part, Pattern, Scene, Shape

__all__ = ["Body", "Camera", "Light", "Part", "Pattern", "Scene", "Shape"]
