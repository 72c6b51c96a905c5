"""Files of PyTorch (.pt, .pth, .ckpt) and .safetensors → tensors by name, never by running what is in them.

`torch.load(weights_only=True)` builds tensors and plain containers alone. Before it reads anything, the
archive's own list says how large all of it is.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from textgen.errors import ModelError
from textgen.importing.found import MAX_BYTES, listed, refused
from textgen.models.weights import read_shapes

MAX_PICKLE = 20_000_000  # bytes that describe the tensors
MAX_FILES = 100_000  # in an archive
MAX_DIMENSIONS = 4
STATE = ("state_dict", "model_state_dict", "model", "net", "network", "weights")  # of a trainer's dict
AGAIN = "save it again: torch.save(model.state_dict(), path)"


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file. Raises ModelError."""
    read_shapes(path.parent, path.name)
    try:
        return load_file(path)
    except (OSError, ValueError, SafetensorError, RuntimeError) as error:
        raise refused(path, "it is damaged or not all there", "copy it again") from error


def read_torch(path: Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """A state dict, and what lay beside it in a trainer's dict. Raises ModelError."""
    check_archive(path)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise pickled(path) from error
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, MemoryError, AttributeError) as error:
        raise refused(path, "it is damaged or not all there", AGAIN) from error
    if not isinstance(loaded, Mapping):
        raise refused(path, "it holds no state dict", AGAIN)
    state = next((loaded[name] for name in STATE if holds_tensors(loaded.get(name))), loaded)
    tensors = {name: value for name, value in state.items() if isinstance(name, str) and is_tensor(value)}
    if not tensors:
        raise refused(path, "it holds no tensors by name", AGAIN)
    if odd := [name for name, value in tensors.items() if not is_plain(value)]:
        raise refused(path, f"{listed(odd)} is no plain array of numbers", AGAIN)
    return tensors, {name: value for name, value in loaded.items() if isinstance(name, str)}


def pickled(path: Path) -> ModelError:
    """A pickle may run any code when it is opened, so that its owner has to take the tensors out."""
    return ModelError(
        f"{path.name} is a pickle that holds more than tensors, and opening it could run any code; whoever "
        f"made it can save its weights alone:\n    model = torch.load({path.name!r}, weights_only=False)\n"
        f"    torch.save(model.state_dict(), {path.stem + '-weights.pt'!r})"
    )


def check_archive(path: Path) -> None:
    """Raises ModelError unless a file is a zip of PyTorch's that takes no more memory than it says."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = archive.infolist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise pickled(path) from error
    size = sum(file.file_size for file in files)
    if size > MAX_BYTES or len(files) > MAX_FILES:
        limit = (
            f"it must hold at most {MAX_BYTES:,} bytes in {MAX_FILES:,} files, got {size:,} in {len(files):,}"
        )
        raise refused(path, limit, "choose a smaller model")
    if any(file.compress_type != zipfile.ZIP_STORED for file in files):
        raise refused(path, "it is compressed, which PyTorch's files are not", "unpack it")
    described = [file.file_size for file in files if file.filename.endswith("data.pkl")]
    if len(described) != 1 or described[0] > MAX_PICKLE:
        raise refused(path, "it is no file of torch.save", AGAIN)


def holds_tensors(value: Any) -> bool:
    return isinstance(value, Mapping) and any(map(is_tensor, value.values()))


def is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is as large as it says: a view can repeat one number for ever."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.dim() > MAX_DIMENSIONS:
        return False
    return (
        not tensor.is_quantized
        and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
    )
