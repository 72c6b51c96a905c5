"""Keras models, saved by Keras, become models whose logits are theirs; damaged and hostile ones a sentence.

What Keras saved and scored lies in `keras_files/`; `write_keras_files.py` says how it was made.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from tests.importing.conftest import Import, check_agreement, import_source
from textgen.errors import TextgenError

SAVED = Path(__file__).with_name("keras_files")
WINDOW = 12


@pytest.fixture(scope="module")
def scored() -> Any:
    """What Keras gave: `ids` (1, T) and the logits of each file."""
    return np.load(SAVED / "scored.npz")


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    path = tmp_path / "chars.json"
    path.write_text(json.dumps(list("abcdefghijklmnopqrs")), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["lstm.keras", "gru.h5", "gru_no_bias.keras", "rnn.keras"])
def test_a_net_over_a_text_scores_as_in_keras(name: str, scored: Any, vocab: Path, imported: Import) -> None:
    theirs = torch.from_numpy(scored[name])  # (1, T, V)
    check_agreement(imported(SAVED / name, vocab=vocab), torch.from_numpy(scored["ids"]), theirs)


@pytest.mark.parametrize("name", ["window.keras", "window.h5"])
def test_the_text_generation_example_reads_its_window_anew(
    name: str, scored: Any, vocab: Path, imported: Import
) -> None:
    model, ids = imported(SAVED / name, vocab=vocab), torch.from_numpy(scored["ids"])
    assert (model.config.architecture, model.net.context) == ("windowed_lstm", WINDOW)
    theirs = torch.from_numpy(scored[name])  # (T − W + 1, V), behind a softmax
    assert len(theirs) == ids.shape[1] - WINDOW + 1
    ours = model.net(ids)[0, WINDOW - 1 :].log_softmax(-1)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


# ---- what is refused

CONFIG = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            {"class_name": "LSTM", "config": {"name": "lstm", "return_sequences": True}},
            {"class_name": "Dense", "config": {"name": "dense"}},
        ]
    },
}


def written(
    path: Path, config: Any = CONFIG, change: Callable[[h5py.Group], Any] = lambda file: None
) -> None:
    """A .keras file by hand: an LSTM of 2 over 3 one-hot tokens."""
    weights = path.with_name("weights.h5")
    with h5py.File(weights, "w") as file:
        cell = file.create_group("layers/lstm/cell/vars")
        for i, shape in enumerate([(3, 8), (2, 8), (8,)]):
            cell[str(i)] = np.ones(shape, np.float32)
        dense = file.create_group("layers/dense/vars")
        dense["0"], dense["1"] = np.ones((2, 3), np.float32), np.ones(3, np.float32)
        change(file)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")


def replaced(place: str, make: Callable[[h5py.Group, str], Any]) -> Callable[[Path], None]:
    """A file in which one array is something else."""

    def change(file: h5py.Group) -> None:
        group, name = place.rsplit("/", 1)
        del file[place]
        make(file[group], name)  # type: ignore[arg-type]

    return lambda path: written(path, change=change)


def cells(kind: str, **config: Any) -> Any:
    """A model whose cells are said to compute in some way."""
    return layers({"class_name": kind, "config": {"name": "lstm", **config}}, LAYERS[1])


def as_gru(file: h5py.Group) -> None:
    """The arrays of its cells are where those of a GRU would be."""
    file.move("layers/lstm", "layers/gru")


def layers(*more: Mapping[str, Any]) -> Any:
    return {"class_name": "Sequential", "config": {"layers": [*more]}}


LAYERS = CONFIG["config"]["layers"]
DENSE = "layers/dense/vars/0"
FILES: Mapping[str, tuple[Callable[[Path], Any], str]] = {
    "outside": (
        replaced(DENSE, lambda group, name: group.__setitem__(name, h5py.ExternalLink("/etc/x.h5", "/a"))),
        "not where Keras",
    ),
    "a soft link": (
        replaced(DENSE, lambda group, name: group.__setitem__(name, h5py.SoftLink("/layers"))),
        "not where Keras",
    ),
    "empty space": (
        replaced(
            DENSE,
            lambda group, name: group.create_dataset(name, (2_000_000, 2_000_000), "f4", chunks=(10, 10)),
        ),
        "not all there",
    ),
    "compressed": (
        replaced(
            DENSE, lambda group, name: group.create_dataset(name, data=np.ones((2, 3)), compression="gzip")
        ),
        "compressed",
    ),
    "words": (
        replaced(DENSE, lambda group, name: group.create_dataset(name, data=b"x")),
        "no array of weights",
    ),
    "another shape": (
        replaced(DENSE, lambda group, name: group.create_dataset(name, data=np.ones((4, 3)))),
        "do not fit each other|other shapes",
    ),
    "missing": (replaced(DENSE, lambda group, name: None), "damaged|not where|no model"),
    "a lambda": (
        lambda path: written(path, layers(*LAYERS, {"class_name": "Lambda", "config": {}})),
        "no layer like Lambda",
    ),
    "two heads": (
        lambda path: written(path, layers(*LAYERS, LAYERS[1])),
        "its layers are LSTM, Dense, Dense|not where",
    ),
    "no layers": (lambda path: written(path, layers()), "its layers are none"),
    "a class": (lambda path: written(path, {"class_name": "Mine", "config": {}}), "no Sequential model"),
    "numbers": (lambda path: written(path, 7), "no JSON object"),
    "deep": (
        lambda path: zipfile.ZipFile(path, "w").writestr("config.json", "[" * 10**5),
        "damaged, or no model of Keras",
    ),
    "an older GRU": (lambda path: written(path, cells("GRU"), as_gru), "GRU must have reset_after=True"),
    "other gates": (
        lambda path: written(path, cells("LSTM", recurrent_activation="hard_sigmoid")),
        "recurrent_activation='sigmoid'",
    ),
    "backwards": (lambda path: written(path, cells("LSTM", go_backwards=True)), "go_backwards=False"),
    "no zip": (
        lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)),
        "damaged, or no model of Keras",
    ),
    "weights alone": (lambda path: h5py.File(path, "w").close(), "weights without their model"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_hostile_or_damaged_file_is_a_sentence(case: str, tmp_path: Path) -> None:
    make, says = FILES[case]
    make(tmp_path / "net.keras")
    (tmp_path / "vocab.json").write_text('["a", "b", "c"]')
    with pytest.raises(TextgenError, match=says):
        import_source(tmp_path, tmp_path / "net.keras", vocab=tmp_path / "vocab.json")
    assert not (tmp_path / "models").exists()


def test_the_file_by_hand_is_one_that_can_be_imported(tmp_path: Path, imported: Import) -> None:
    written(tmp_path / "net.keras")
    (tmp_path / "vocab.json").write_text('["a", "b", "c"]')
    assert imported(tmp_path / "net.keras", vocab=tmp_path / "vocab.json").net.vocab_size == 3
