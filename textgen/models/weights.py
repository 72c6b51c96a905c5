"""model.safetensors: the shapes in its header, judged before memory is taken for them, and its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from textgen.errors import shorten
from textgen.models.reading import check_size, foreign, opened, parse_object, unreadable
from textgen.nets.base import LanguageModel

FILE = "model.safetensors"
MAX_BYTES = 4_000_000_000
MAX_HEADER = 1_000_000  # bytes: thousands of tensors
LARGEST = 65_504  # that float16 holds, in which we write: sums of larger ones might not be finite
TYPES = ("F16", "BF16", "F32")  # of numbers

Shapes = Mapping[str, tuple[int, ...]]


def read_shapes(folder: Path, name: str = FILE) -> Shapes:
    """The shape of each tensor in a folder's weights, none of which is read. Raises ModelError."""
    path = folder / name
    with opened(path) as file:
        size = check_size(path, file, MAX_BYTES)
        length = int.from_bytes(file.read(8), "little")
        if length > min(MAX_HEADER, size - 8):
            raise unreadable(path, "its header is damaged or not all there")
        header = file.read(length)
    try:
        entries = parse_object(header)
        return shapes_of({name: value for name, value in entries.items() if name != "__metadata__"})
    except ValueError as error:
        raise unreadable(path, f"its header is no list of tensors: {error}") from error


def shapes_of(entries: Mapping[str, Any]) -> Shapes:
    """Raises ValueError for an entry without a shape, or of numbers of another type."""
    shapes = {}
    for name, entry in entries.items():
        shape = entry.get("shape") if isinstance(entry, Mapping) else None
        if not isinstance(shape, list) or any(type(size) is not int or size < 0 for size in shape):
            raise ValueError(f"{shorten(name)} has no shape")
        kind = entry.get("dtype")
        if kind not in TYPES:
            raise ValueError(f"{shorten(name)} must be of {', '.join(TYPES)}, got {shorten(kind)}")
        shapes[name] = tuple(shape)
    return shapes


def check_shapes(folder: Path, net: LanguageModel, shapes: Shapes) -> None:
    """Raises ModelError unless a net has exactly these tensors; one on the device `meta` will do."""
    wanted = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    if different := next((name for name in {**wanted, **shapes} if wanted.get(name) != shapes.get(name)), ""):
        raise foreign(
            folder,
            f"{FILE} does not hold this net's weights ({shorten(different)} must be "
            f"{shaped(wanted.get(different))}, got {shaped(shapes.get(different))})",
        )


def shaped(shape: tuple[int, ...] | None) -> str:
    """A shape in words: `16 × 8`."""
    return "left out" if shape is None else shorten(" × ".join(map(str, shape))) or "one number"


def read_into(folder: Path, net: LanguageModel) -> None:
    """Put a folder's weights into a net of the same shapes. Raises ModelError."""
    try:
        weights = load_file(folder / FILE)
        net.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    except (OSError, ValueError, SafetensorError, RuntimeError) as error:
        raise foreign(folder, f"{FILE} is damaged or not all there") from error
    if name := not_finite(net.state_dict()):
        raise foreign(folder, f"{FILE} holds numbers that are not finite, in {shorten(name)}")
    if name := first_above(net.state_dict(), LARGEST):
        raise foreign(folder, f"{FILE} holds numbers beyond ±{LARGEST:,}, in {shorten(name)}")


def not_finite(tensors: Mapping[str, Tensor]) -> str:
    """The name of the first tensor with a NaN or an infinity; "" for none."""
    return next((name for name, tensor in tensors.items() if not math.isfinite(extreme(tensor))), "")


def first_above(tensors: Mapping[str, Tensor], most: float) -> str:
    """The name of the first tensor with a number beyond ±most; "" for none."""
    return next((name for name, tensor in tensors.items() if extreme(tensor) > most), "")


def extreme(tensor: Tensor) -> float:
    """The largest absolute value of a tensor; NaN where there is one in it."""
    return float(torch.linalg.vector_norm(tensor, math.inf)) if tensor.numel() else 0.0
