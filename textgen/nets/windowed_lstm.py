"""The character LSTM of the Keras example: one-hot letters, and no memory beyond its window.

Each score is that of an LSTM that starts from zeros and reads the last `window` tokens anew, as the
net was trained. So a step costs a whole window, and reading a text of T tokens costs T windows.

Source: Chollet's and Heaton's text generation examples, LSTM(128) → Dense(V) over windows of 40.
Keras' cell has one bias vector per gate where PyTorch's has two, and so has this one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textgen.nets.base import LanguageModel, NetSizes, Size
from textgen.nets.fast_recurrent import FastRecurrent, Layer
from textgen.nets.lstm import LSTMCell

# Windows that are read at once: 30 MB of one-hot rows and outputs at the Keras example's sizes.
PIECE = 1024
NUMBERS = 1 << 25  # of one-hot rows at once, of whatever vocabulary


class WindowedLSTM(LanguageModel):
    """LSTM over one-hot tokens of a window, gate order i, f, g, o; its state is ids (B, < window)."""

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """Of the Keras example."""

        hidden: Size = 128
        window: Size = 40

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        vocab_size, hidden = sizes.vocab_size, sizes.hidden
        self.vocab_size, self.hidden = vocab_size, hidden
        self.window = self.context = sizes.window
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden, vocab_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        self.head = nn.Linear(hidden, vocab_size)
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        """As Keras does; the forget gates start open."""
        nn.init.xavier_uniform_(self.weight_ih)
        nn.init.orthogonal_(self.weight_hh)
        self.bias[self.hidden : 2 * self.hidden] = 1
        nn.init.xavier_uniform_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def unroll(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        text = ids if state is None else torch.cat((state, ids), dim=1)
        count = ids.shape[1]
        outputs = self._read(text[:, : self.window])  # up to a full window they share their start
        if text.shape[1] > self.window:
            outputs = torch.cat((outputs, self._read_windows(text[:, 1:])), dim=1)
        return self.head(outputs[:, -count:]), self._keep(text)

    def last_logits(self, ids: Tensor) -> Tensor:
        return self.head(self._read(ids[:, -self.window :])[:, -1])

    def _read(self, ids: Tensor) -> Tensor:
        """ids (N, T) → hidden outputs (N, T, H) of an LSTM that starts from zeros."""
        one_hot = self.bias.new_zeros(*ids.shape, self.vocab_size).scatter_(2, ids[:, :, None], 1)
        zeros = one_hot.new_zeros(1, len(ids), self.hidden)
        weights = (self.weight_ih, self.weight_hh, self.bias, torch.zeros_like(self.bias))
        # biases, layers, dropout, training, both directions, batch first
        return torch.lstm(one_hot, (zeros, zeros), weights, True, 1, 0.0, False, False, True)[0]

    def _read_windows(self, text: Tensor) -> Tensor:
        """Text (B, L) → the last hidden output of each of its full windows, (B, L − window + 1, H)."""
        windows = text.unfold(1, self.window, 1)  # (B, L − window + 1, window), a view
        rows = max(1, min(PIECE, NUMBERS // (self.window * self.vocab_size)))
        pieces = windows.reshape(-1, self.window).split(rows)
        outputs = torch.cat([self._read(piece)[:, -1] for piece in pieces])
        return outputs.view(*windows.shape[:2], self.hidden)

    def _keep(self, text: Tensor) -> Tensor:
        """What the next window shares with this text."""
        return text[:, max(0, text.shape[1] + 1 - self.window) :]

    def prefill(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read the last window by the products that `step` uses, so that both score alike."""
        text = ids if state is None else torch.cat((state, ids), dim=1)
        logits, _ = self.fast.read(text[:, -self.window :].cpu().numpy())
        return torch.from_numpy(logits), self._keep(text)

    def step(self, ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.prefill(ids[:, None], state)

    def select(self, state: Tensor, rows: Tensor) -> Tensor:
        return state[rows]

    @torch.no_grad()
    def _copy_weights(self) -> FastRecurrent:
        layer = Layer(self.weight_ih, self.weight_hh, self.bias, torch.zeros_like(self.bias))
        return FastRecurrent(LSTMCell(), None, [layer], [(self.head.weight, self.head.bias)])
