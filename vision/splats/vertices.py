"""Vertices of a PLY file as a table (Turk, The PLY polygon file format, 1994)."""

from __future__ import annotations

import re

import numpy as np

_HEADER = 2**16  # bytes, at most
_PROPERTIES = 1024  # at most
_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip
_NAMES = {
    "i1": "char",
    "u1": "uchar",
    "i2": "short",
    "u2": "ushort",
    "i4": "int",
    "u4": "uint",
    "f4": "float",
    "f8": "double",
}
_FORMATS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_END = re.compile(rb"end_header[ \t]*\r?\n")


def decode_vertices(data: bytes) -> np.ndarray:
    """The element `vertex` of a PLY, a field for each of its properties. [N] structured

    Binary of either byte order, or ASCII. Elements after the vertices, such as faces, are left alone.

    Raises:
        ValueError: No PLY, cut short, without vertices, or with lists before or among them.
    """
    order, elements, start = _header(data)
    for name, count, properties in elements:
        dtype = np.dtype([(field, order + kind) for field, kind in properties])
        if name == "vertex":
            return _binary(data, start, count, dtype) if order else _ascii(data, start, count, dtype)
        if not order:
            raise ValueError(f"a PLY in ASCII whose element `{name}` comes before its vertices")
        if (end := start + count * dtype.itemsize) > len(data):
            raise ValueError(f"a PLY cut short: {count} of `{name}` announced in {len(data)} bytes")
        start = end
    raise ValueError("a PLY without an element `vertex`")


def encode_vertices(vertices: np.ndarray) -> bytes:
    """PLY, binary, little endian.

    Args:
        vertices: A field of numbers for each property. [N] structured
    """
    assert vertices.dtype.fields is not None
    kinds = {name: field.str[1:] for name, (field, *_) in vertices.dtype.fields.items()}
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}"]
    lines += [f"property {_NAMES[kind]} {name}" for name, kind in kinds.items()]
    little = np.dtype([(name, "<" + kind) for name, kind in kinds.items()])
    return "\n".join([*lines, "end_header\n"]).encode("ascii") + vertices.astype(little).tobytes()


def _header(data: bytes) -> tuple[str, list[tuple[str, int, list[tuple[str, str]]]], int]:
    """Byte order, elements with their properties up to the vertices, and where the header ends."""
    end = _END.search(data, 0, _HEADER)
    if not re.match(rb"ply[ \t]*\r?\n", data) or end is None:
        raise ValueError("not a PLY: it does not begin with `ply` and a header")
    order: str | None = None
    elements: list[tuple[str, int, list[tuple[str, str]]]] = []
    for line in data[: end.start()].decode("latin-1").splitlines()[1:]:
        words = line.split()
        match words:
            case ["format", name, "1.0"] if name in _FORMATS:
                order = _FORMATS[name]
            case ["element", name, count] if count.isascii() and count.isdigit() and len(count) < 12:
                if elements and elements[-1][0] == "vertex":
                    break  # what follows the vertices is not read
                elements.append((name, int(count), []))
            case ["property", kind, name] if kind in _TYPES and elements:
                if name in dict(elements[-1][2]) or len(elements[-1][2]) >= _PROPERTIES:
                    raise ValueError(f"a PLY that has property `{name}` twice, or more than {_PROPERTIES}")
                elements[-1][2].append((name, _TYPES[kind]))
            case [] | ["comment", *_] | ["obj_info", *_]:
                pass
            case ["property", "list", *_]:
                raise ValueError(f"a PLY with a list before or among its vertices: {line[:80]!r}")
            case _:
                raise ValueError(f"a PLY with an unknown line in its header: {line[:80]!r}")
    if order is None:
        raise ValueError("a PLY that does not say its format")
    return order, elements, end.end()


def _binary(data: bytes, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    if count * dtype.itemsize > len(data) - start:
        raise ValueError(
            f"a PLY cut short: {count} vertices of {dtype.itemsize} bytes announced, {len(data) - start} bytes there"
        )
    return np.frombuffer(data, dtype, count, start)


def _ascii(data: bytes, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    fields = len(dtype.names or ())
    if count * fields * 2 > len(data) - start + 1:  # a digit and a space or end of line a number
        raise ValueError(f"a PLY cut short: {count} vertices announced, {len(data) - start} bytes there")
    words = data[start:].split(maxsplit=count * fields)[: count * fields]
    if len(words) < count * fields:
        raise ValueError(f"a PLY cut short: {count} vertices of {fields} numbers announced, {len(words)} numbers there")
    table = np.empty(count, dtype)
    try:
        numbers = np.array(words, np.bytes_).astype(np.float64).reshape(count, fields)
    except ValueError as error:
        raise ValueError(f"a PLY in ASCII with something that is no number: {error}") from None
    for place, name in enumerate(dtype.names or ()):
        table[name] = numbers[:, place]
    return table
