"""Writes `keras_files/`: small models as Keras saves them, and what it scores with them.

pip install keras==3.15.1 && KERAS_BACKEND=torch python -m tests.importing.write_keras_files
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras  # type: ignore[import-not-found]
import numpy as np
import torch

V, WINDOW, LENGTH = 19, 12, 200
FOLDER = Path(__file__).with_name("keras_files")


def randomised(net: Any) -> Any:
    """Every weight is of some size: biases as well."""
    random = np.random.default_rng(0)
    net.set_weights([random.normal(0, 0.5, weight.shape) for weight in net.get_weights()])
    return net


def text_net(cells: str, layers: int, **options: Any) -> Any:
    """Embedding, cells, scores at every position."""
    stack = [getattr(keras.layers, cells)(9, return_sequences=True, **options) for _ in range(layers)]
    ends = [keras.layers.Dropout(0.1), keras.layers.Dense(V)]
    start = [keras.layers.Input((None,)), keras.layers.Embedding(V, 5)]
    return randomised(keras.Sequential([*start, *stack, *ends]))


def window_net() -> Any:
    """The text generation example: an LSTM over one-hot windows."""
    layers = [keras.layers.LSTM(9), keras.layers.Dense(V, activation="softmax")]
    return randomised(keras.Sequential([keras.layers.Input((WINDOW, V)), *layers]))


def main() -> None:
    ids = np.random.default_rng(0).integers(V, size=(1, LENGTH))
    windows = np.eye(V, dtype=np.float32)[np.lib.stride_tricks.sliding_window_view(ids[0], WINDOW)]
    nets = {
        "lstm.keras": text_net("LSTM", 2),
        "gru.h5": text_net("GRU", 2),
        "gru_no_bias.keras": text_net("GRU", 1, use_bias=False),
        "rnn.keras": text_net("SimpleRNN", 2),
        "window.keras": window_net(),
        "window.h5": window_net(),
    }
    scored = {"ids": ids}
    FOLDER.mkdir(exist_ok=True)
    for name, net in nets.items():
        net.save(FOLDER / name)
        with torch.no_grad():
            found = net(windows if name.startswith("window") else ids).cpu().numpy()
        scored[name] = np.log(found) if name.startswith("window") else found
    np.savez_compressed(FOLDER / "scored.npz", **scored)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
