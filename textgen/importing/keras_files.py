"""Keras models (.keras, .h5) by h5py alone: configuration and arrays are read, code never.

Keras multiplies rows by kernels, (in, G·H), PyTorch by their transposes. A GRU's gates stand in the order
z, r, n there and r, z, n here; an LSTM's are the same. A layer has one bias, a GRU with `reset_after` two.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor

from textgen.importing.found import MAX_BYTES, Cells, Found, listed, recurrent, refused
from textgen.nets.base import MAX_SIZE
from textgen.text.files import parse_json
from textgen.validation import whole

KIND = "a Keras model"
MAX_CONFIG = 5_000_000  # bytes
SILENT = (
    "InputLayer",
    "Dropout",
    "SpatialDropout1D",
    "GaussianDropout",
    "GaussianNoise",
    "Activation",
    "Softmax",
)
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
KNOWN = (*GATES, "Embedding", "Dense", "TimeDistributed")
USUAL = {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False, "reset_after": True}
EXPECTED = "a Sequential of Embedding, LSTM, GRU or SimpleRNN layers and one Dense can be"
WHOLE = "save the whole model: model.save('model.keras')"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that has weights, and where they lie."""

    kind: str
    config: Mapping[str, Any]
    arrays: Sequence[h5py.Dataset]


def read_keras(path: Path) -> Found:
    """The net of a whole Keras model. Raises ModelError."""
    try:
        with opened(path) as (config, layers):
            return net_of(path, config, layers)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile) as error:
        raise refused(path, "it is damaged, or no model of Keras", WHOLE) from error


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[Mapping[str, Any]], list[Layer]]]:
    """All layers of a model as its configuration has them, and those with weights."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            layers = layers_of(path, json_of(path, member(path, archive, "config.json", MAX_CONFIG)))
            weights = io.BytesIO(member(path, archive, "model.weights.h5", MAX_BYTES))
        with h5py.File(weights, "r") as file:
            yield layers, [*named_by_class(path, file, layers)]
    else:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
            if not isinstance(config, (str, bytes)):
                raise refused(path, "it holds weights without their model", WHOLE)
            layers = layers_of(path, json_of(path, config.encode() if isinstance(config, str) else config))
            yield layers, [*named_by_layer(path, file, layers)]


def member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of a .keras archive, of at most so many bytes."""
    info = archive.getinfo(name)
    if info.file_size > most:
        raise refused(path, f"its {name} must have at most {most:,} bytes, got {info.file_size:,}", WHOLE)
    with archive.open(info) as file:
        return file.read(most)


def json_of(path: Path, data: bytes) -> Mapping[str, Any]:
    if len(data) > MAX_CONFIG:
        raise refused(path, f"its configuration must have at most {MAX_CONFIG:,} bytes", WHOLE)
    value = parse_json(data)
    if not isinstance(value, Mapping):
        raise refused(path, "its configuration is no JSON object", WHOLE)
    return value


def layers_of(path: Path, model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The layers of a model, one after the other. Raises ModelError for one that we do not have."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config  # a list in Keras 2.1
    if model.get("class_name") not in ("Sequential", "Functional", "Model") or not isinstance(layers, list):
        raise refused(path, "it is no Sequential model", EXPECTED)
    if strange := [layer["class_name"] for layer in layers if layer["class_name"] not in (*SILENT, *KNOWN)]:
        raise refused(path, f"we have no layer like {listed(strange)}", EXPECTED)
    return [inner(layer) for layer in layers]


def inner(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """A layer, or the one that is applied to each position."""
    if layer["class_name"] != "TimeDistributed":
        return layer
    applied = layer["config"]["layer"]
    return {
        "class_name": applied["class_name"],
        "config": {**applied["config"], "name": layer["config"]["name"]},
    }


def named_by_class(path: Path, file: h5py.File, layers: Sequence[Mapping[str, Any]]) -> Iterator[Layer]:
    """Keras 3 numbers the layers of a class: layers/lstm, layers/lstm_1."""
    counted = dict[str, int]()
    for layer in layers:
        kind = layer["class_name"]
        name = "simple_rnn" if kind == "SimpleRNN" else str(kind).lower()
        number = counted[name] = counted.get(name, -1) + 1
        if kind in KNOWN:
            place = f"layers/{name}{f'_{number}' if number else ''}{'/cell' if kind in GATES else ''}/vars"
            group = followed(path, file, place)
            yield Layer(kind, layer["config"], [dataset(path, group, str(i)) for i in range(len(group))])


def named_by_layer(path: Path, file: h5py.File, layers: Sequence[Mapping[str, Any]]) -> Iterator[Layer]:
    """Older files list the weights of each layer by its own name."""
    for layer in layers:
        if layer["class_name"] in KNOWN:
            group = followed(path, file, f"model_weights/{layer['config']['name']}")
            names = [
                name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]
            ]
            yield Layer(layer["class_name"], layer["config"], [dataset(path, group, name) for name in names])


def followed(path: Path, group: h5py.Group, place: str) -> Any:
    """What lies at a place, reached by plain links alone: others could lead to any file of this machine."""
    for name in place.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise refused(path, "its weights are not where Keras puts them", WHOLE)
        group = group[name]  # type: ignore[assignment]
    return group


def dataset(path: Path, group: h5py.Group, place: str) -> h5py.Dataset:
    """An array that is all there, and no larger than it says."""
    found = followed(path, group, place)
    plain = isinstance(found, h5py.Dataset) and not found.is_virtual and not found.external
    if (
        not plain
        or found.dtype.kind != "f"
        or not 1 <= len(found.shape) <= 2
        or max(found.shape) > 4 * MAX_SIZE
    ):
        raise refused(path, f"{place} is no array of weights", WHOLE)
    if (
        found.compression is not None
        or found.id.get_storage_size() < found.nbytes
        or found.nbytes > MAX_BYTES
    ):
        raise refused(path, f"{place} is compressed or not all there", WHOLE)
    return found


def net_of(path: Path, config: Sequence[Mapping[str, Any]], layers: Sequence[Layer]) -> Found:
    """The net that layers make. Raises ModelError."""
    if (size := sum(array.nbytes for layer in layers for array in layer.arrays)) > MAX_BYTES:
        raise refused(path, f"its layers take {size:,} bytes, of at most {MAX_BYTES:,}", WHOLE)
    kinds = [layer.kind for layer in layers]
    stack = [layer for layer in layers if layer.kind in GATES]
    first = 1 if kinds[:1] == ["Embedding"] else 0
    if not stack or kinds[first:] != [stack[0].kind] * len(stack) + ["Dense"]:
        raise refused(path, f"its layers are {listed(kinds) or 'none'}", EXPECTED)
    check_usual(path, layers)
    if len({len(values(cell.arrays[1])) for cell in stack}) != 1:
        raise refused(path, "its recurrent layers are not equally wide", EXPECTED)
    head, bias = dense(layers[-1])
    table = torch.from_numpy(values(layers[0].arrays[0])) if first else None
    cells = [cells_of(path, layer) for layer in stack]
    check_fit(path, cells, table, head)
    window = window_of(config)
    whole_text = stack[-1].config.get("return_sequences") is True
    if len(stack) == 1 and stack[0].kind == "LSTM" and table is None and window and not whole_text:
        return windowed(cells[0], head, bias, window)
    found = recurrent(KIND, cells, table, head, bias)
    return found if whole_text or not window else replace(found, notes=(reads_on(window),))


def reads_on(window: int) -> str:
    return (
        f"it learned from windows of {window:,} tokens; here it reads on, without forgetting what came before"
    )


def check_usual(path: Path, layers: Sequence[Layer]) -> None:
    """Raises ModelError for cells that compute otherwise than ours, and ids that are passed over."""
    for layer in layers:
        usual = USUAL if layer.kind in GATES else {"mask_zero": False} if layer.kind == "Embedding" else {}
        for name, value in usual.items():
            if layer.config.get(name, value) != value or (name == "reset_after" and older_gru(layer)):
                raise refused(
                    path, f"its {layer.kind} must have {name}={value!r}", "our cells compute no other way"
                )


def older_gru(layer: Layer) -> bool:
    return layer.kind == "GRU" and layer.config.get("reset_after") is not True


def check_fit(path: Path, cells: Sequence[Cells], table: Tensor | None, head: Tensor) -> None:
    """Raises ModelError where layers do not fit each other."""
    width = len(head) if table is None else table.shape[1]
    sizes = [(cell.inputs.shape[1], cell.recurrent.shape[1]) for cell in cells]
    wanted = [(width if i == 0 else head.shape[1], head.shape[1]) for i in range(len(cells))]
    if sizes != wanted or (table is not None and len(table) != len(head)):
        raise refused(path, "its layers do not fit each other", "tokens in and tokens out must be the same")


def window_of(config: Sequence[Mapping[str, Any]]) -> int | None:
    """How many tokens its input takes; None for any number."""
    for layer in config[:1]:
        shape = layer["config"].get("batch_shape") or layer["config"].get("batch_input_shape")
        if isinstance(shape, list) and len(shape) in (2, 3):
            size = whole(shape[1])
            return size if size is not None and 1 <= size <= MAX_SIZE else None
    return None


def values(array: h5py.Dataset) -> np.ndarray:
    return np.asarray(array[()], dtype=np.float32)


def dense(layer: Layer) -> tuple[Tensor, Tensor]:
    """The output layer's weights (V, H) and bias (V,)."""
    kernel = torch.from_numpy(values(layer.arrays[0]).T.copy())
    bias = torch.from_numpy(values(layer.arrays[1])) if len(layer.arrays) > 1 else torch.zeros(len(kernel))
    return kernel, bias


def cells_of(path: Path, layer: Layer) -> Cells:
    """A recurrent layer as PyTorch has it."""
    gates = GATES[layer.kind]
    kernel, inner_kernel = (values(array).T for array in layer.arrays[:2])
    rows = gates * inner_kernel.shape[1]
    bias = np.zeros((2, rows), np.float32)
    if len(layer.arrays) > 2:
        given = values(layer.arrays[2])
        bias = given if given.ndim == 2 else np.stack((given, np.zeros_like(given)))
    if len(bias) != 2 or any(part.shape[0] != rows for part in (kernel, inner_kernel, *bias)):
        raise refused(path, f"the weights of its {layer.kind} have other shapes than Keras gives them", WHOLE)
    order = [1, 0, 2] if gates == 3 else list(range(gates))
    parts = (
        np.concatenate([np.split(part, gates)[i] for i in order]) for part in (kernel, inner_kernel, *bias)
    )
    return Cells(*map(torch.from_numpy, parts))


def windowed(cells: Cells, head: Tensor, bias: Tensor, window: int) -> Found:
    """One LSTM over one-hot windows: the net of the text generation examples."""
    vocab_size, hidden = head.shape
    weights = {
        "weight_ih": cells.inputs,
        "weight_hh": cells.recurrent,
        "bias": cells.input_bias + cells.recurrent_bias,
        "head.weight": head,
        "head.bias": bias,
    }
    sizes = {"vocab_size": vocab_size, "hidden": hidden, "window": window}
    return Found(KIND, "windowed_lstm", sizes, weights)
