"""What cameras see: photos, scenes, volumes, frames and clips; and what is said of clips."""

from __future__ import annotations

import pyarrow as pa

from multisynth.kinds.column import Column, tensor
from multisynth.kinds.kind import Kind
from multisynth.kinds.motion import EVENT, MOTION

BOX = pa.struct(
    [
        ("instance", pa.uint16()),  # id in the instance image
        ("name", pa.string()),  # name of the body
        ("category", pa.string()),  # class of the body
        ("x", pa.float32()),  # px, left edge
        ("y", pa.float32()),  # px, top edge
        ("width", pa.float32()),  # px
        ("height", pa.float32()),  # px
        ("visible", pa.float32()),  # visible pixels over the pixels it would have alone, 0 to 1
        ("full", pa.list_(pa.float32(), 4)),  # px: x, y, width, height with nothing in front and no edge of the image
    ]
)

BOX_3D = pa.struct(
    [
        ("instance", pa.uint16()),  # id in the instance image
        ("name", pa.string()),  # name of the body
        ("category", pa.string()),  # class of the body
        ("centre", pa.list_(pa.float64(), 3)),  # m, world
        ("quaternion", pa.list_(pa.float64(), 4)),  # w, x, y, z: the box's axes in the world
        ("size", pa.list_(pa.float64(), 3)),  # m, full edges along its axes
    ]
)

TRACK = pa.struct(
    [
        ("point", pa.int32()),  # the same number in every frame of the path or episode
        ("x", pa.float32()),  # px; may lie outside the image
        ("y", pa.float32()),  # px
        ("depth", pa.float32()),  # m, z-depth; negative behind the camera
        ("visible", pa.bool_()),  # inside the image with nothing in front
    ]
)

SENTENCE = pa.struct(
    [
        ("layer", pa.string()),  # frame | summary | causal
        ("start", pa.float64()),  # s
        ("end", pa.float64()),  # s
        ("text", pa.string()),
        ("events", pa.list_(pa.string())),  # ids of the events it stands on
    ]
)

CAMERA = {
    "width": Column(pa.int32(), "px"),
    "height": Column(pa.int32(), "px"),
    "intrinsics": Column(tensor(pa.float64(), 3, 3), "pinhole matrix K, px"),
    "world_to_camera": Column(tensor(pa.float64(), 4, 4), "OpenCV axes, m"),
}

LENS = {
    "lens": Column(pa.string(), "pinhole | opencv | fisheye; pinhole where it is null", optional=True),
    "distortion": Column(
        tensor(pa.float64(), "K"), "opencv: k1, k2, p1, p2, k3 …; fisheye: k1 to k4, as OpenCV has them", optional=True
    ),
}

PHOTO = Kind(
    "photo",
    {
        "name": Column(pa.string(), "path below the folder it was found in"),
        "width": Column(pa.int32(), "px, upright as EXIF says"),
        "height": Column(pa.int32(), "px, upright as EXIF says"),
        "focal": Column(pa.float64(), "px, by EXIF", optional=True),
        "camera": Column(pa.string(), "make, model and lens by EXIF, empty where it does not say"),
        "image": Column(
            pa.large_binary(), "JPEG or PNG, the file as it was, turned upright where EXIF says so", media=True
        ),
    },
)

VIEW = Kind(
    "view",
    {
        **CAMERA,
        **LENS,
        "name": Column(pa.string(), "name of the photo"),
        "metric": Column(pa.bool_(), "whether lengths are metres; if not, the scale is arbitrary"),
        "image": Column(pa.large_binary(), "JPEG or PNG, sRGB, 8 bits", media=True),
        "points": Column(tensor(pa.float32(), "P", 3), "sparse points that it sees, world"),
        "point_ids": Column(tensor(pa.int64(), "P"), "the same point has the same id in every view"),
        "point_colours": Column(tensor(pa.uint8(), "P", 3), "sRGB"),
        "depth": Column(pa.large_binary(), "TIFF, float32, z-depth, 0 where unknown", media=True, optional=True),
        "normals": Column(pa.large_binary(), "PNG, as of a frame", media=True, optional=True),
        "instances": Column(pa.large_binary(), "PNG, uint16, as of a frame", media=True, optional=True),
    },
)

SCENE = Kind(
    "scene",
    {
        "scene": Column(pa.string(), "multisynth.scenes.Scene as JSON: bodies, shapes, colours, lights"),
        "poses": Column(tensor(pa.float32(), "B", 7), "x, y, z in m and w, x, y, z of its B moving parts"),
    },
)

VOLUME = Kind(
    "volume",
    {
        "method": Column(pa.string(), "splats | nerfacto"),
        "data": Column(
            pa.large_binary(),
            "splats: PLY as Inria's 3D Gaussian splatting has it; nerfacto: safetensors",
            media=True,
        ),
        "metric": Column(pa.bool_(), "whether lengths are metres; if not, the scale is arbitrary"),
        "up": Column(tensor(pa.float64(), 3), "which way is up, world, unit length"),
        "bounds": Column(tensor(pa.float64(), 2, 3), "lowest and highest corner of what the views look at, world"),
        "view_names": Column(pa.list_(pa.string()), "of the V views that it was made from"),
        "view_intrinsics": Column(tensor(pa.float64(), "V", 3, 3), "K, px"),
        "view_sizes": Column(tensor(pa.int32(), "V", 2), "width, height, px"),
        "view_poses": Column(tensor(pa.float64(), "V", 4, 4), "world to camera, OpenCV axes"),
        "held_out": Column(tensor(pa.bool_(), "V"), "whether the view was kept from training, to measure by"),
        "psnr": Column(pa.float64(), "dB, mean over the views held out", optional=True),
        "ssim": Column(pa.float64(), "mean over the views held out (Wang et al. 2004)", optional=True),
        "steps": Column(pa.int64(), "of training"),
        "instances": Column(tensor(pa.uint16(), "N"), "one a Gaussian, 0 = background", optional=True),
        "names": Column(pa.list_(pa.string()), "of instances 1, 2, …", optional=True),
        "categories": Column(pa.list_(pa.string()), "of instances 1, 2, …", optional=True),
    },
)

FRAME = Kind(
    "frame",
    {
        **CAMERA,
        **LENS,
        "time": Column(pa.float64(), "s from the start of the episode or path"),
        "split": Column(pa.string(), "train | test", optional=True),
        "rgb": Column(pa.large_binary(), "PNG, 8 bits, sRGB", media=True),
        "radiance": Column(
            pa.large_binary(), "EXR, half floats: linear radiance, sRGB primaries", media=True, optional=True
        ),
        "depth": Column(
            pa.large_binary(),
            "TIFF, float32, z-depth in m, 0 where nothing is; of a volume the mean over what is there",
            media=True,
            optional=True,
        ),
        "median_depth": Column(
            pa.large_binary(), "TIFF, float32, z-depth in m where half the light is gone", media=True, optional=True
        ),
        "distance": Column(
            pa.large_binary(), "TIFF, float32, m from the camera's centre along the ray", media=True, optional=True
        ),
        "opacity": Column(pa.large_binary(), "PNG, 8 bits grey: 255 is opaque", media=True, optional=True),
        "normals": Column(
            pa.large_binary(),
            "PNG, 16 bits, camera frame: (n + 1) / 2 · 65535; 0, 0, 0 where nothing is",
            media=True,
            optional=True,
        ),
        "instances": Column(pa.large_binary(), "PNG, uint16, 0 = background", media=True, optional=True),
        "semantics": Column(
            pa.large_binary(), "PNG, uint16, 0 = background, k = categories[k - 1]", media=True, optional=True
        ),
        "categories": Column(pa.list_(pa.string()), "names of the semantic ids 1, 2, …", optional=True),
        "flow_forward": Column(
            pa.large_binary(), "TIFF, 2 × float32: px right and down to the next frame", media=True, optional=True
        ),
        "flow_backward": Column(
            pa.large_binary(), "TIFF, 2 × float32: px right and down to the frame before", media=True, optional=True
        ),
        "hidden_forward": Column(
            pa.large_binary(), "PNG, 8 bits grey: 255 where the next frame does not show it", media=True, optional=True
        ),
        "hidden_backward": Column(
            pa.large_binary(), "PNG, 8 bits grey: 255 where the frame before does not", media=True, optional=True
        ),
        "right": Column(pa.large_binary(), "PNG, 8 bits, sRGB: what the right eye sees", media=True, optional=True),
        "disparity": Column(
            pa.large_binary(), "TIFF, float32: px left to its place in the right image", media=True, optional=True
        ),
        "baseline": Column(pa.float64(), "m between the eyes of the rig", optional=True),
        "temperature": Column(
            pa.large_binary(),
            "TIFF, float32, K: apparent temperature, 8 to 14 µm, as it leaves surfaces; after weather as it is seen",
            media=True,
            optional=True,
        ),
        "boxes": Column(pa.list_(BOX), "one for each visible instance", optional=True),
        "boxes_3d": Column(pa.list_(BOX_3D), "one for each visible instance", optional=True),
        "tracks": Column(pa.list_(TRACK), "points followed through the path or episode", optional=True),
    },
    image="rgb",
)

CLIP = Kind(
    "clip",
    {
        **CAMERA,
        **MOTION,
        "fps": Column(pa.float64(), "frames a second; frame k shows times[k]"),
        "video": Column(pa.large_binary(), "MP4, H.264, yuv420p", media=True),
        "depth": Column(
            pa.large_binary(),
            "Matroska, FFV1, 16 bits grey: z-depth in mm up to 65.535 m, 0 where nothing is; frame k as of the video",
            media=True,
            optional=True,
        ),
    },
)

CAPTION = Kind(
    "caption",
    {
        "text": Column(pa.string(), "all sentences, the way a reader would meet them"),
        "sentences": Column(pa.list_(SENTENCE), "layered: frames, then summary, then causes"),
        "question": Column(pa.string(), "what the caption answers"),
        "events": Column(pa.list_(EVENT), "the clip's log, which sentences point into"),
    },
    text="text",
)
