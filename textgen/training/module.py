"""Truncated backpropagation through time around any `LanguageModel`, as a LightningModule."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.nn import functional as F
from torch.utils import _pytree as pytree

from textgen.models.log import LogRow
from textgen.nets.base import LanguageModel, State
from textgen.training.recipe import Recipe
from textgen.training.schedule import MONITORED, make_optimiser, make_schedule
from textgen.training.streams import Chunk


class TrainingModule(LightningModule):
    """A net, the running average of its weights, and all else that a resumed run needs."""

    def __init__(self, net: LanguageModel, recipe: Recipe) -> None:
        super().__init__()
        self.net, self.recipe = net, recipe
        self.average = deepcopy(net).requires_grad_(False) if recipe.averaging else None
        self.carries = recipe.batches.kind == "streams"
        self.carried: State | None = None
        self.rows: list[LogRow] = []  # the training log so far
        self.seconds = 0.0  # spent training, over all resumes
        self._restored: dict[str, Any] = {}

    @property
    def result(self) -> LanguageModel:
        """The net to measure and to keep: the averaged one, if the recipe averages."""
        return self.net if self.average is None else self.average

    def training_step(self, batch: Chunk, batch_idx: int) -> Tensor:
        """Mean nats per token of one chunk, from the state that the chunk before left."""
        loss = self._last_loss(batch) if batch.targets.dim() == 1 else self._stream_loss(batch)
        self.log(MONITORED, loss, logger=False)
        return loss

    def _last_loss(self, batch: Chunk) -> Tensor:
        return F.cross_entropy(self.net.last_logits(batch.inputs).float(), batch.targets)

    def _stream_loss(self, batch: Chunk) -> Tensor:
        logits, state = self.net.unroll(batch.inputs, None if batch.fresh else self.carried)
        self.carried = pytree.tree_map(Tensor.detach, state) if self.carries else None
        return F.cross_entropy(logits.flatten(0, 1).float(), batch.targets.flatten())

    def configure_optimizers(self) -> Any:
        optimiser = make_optimiser(self.net, self.recipe.optimiser)
        return {"optimizer": optimiser, "lr_scheduler": make_schedule(optimiser, self.recipe.schedule)}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what Lightning does not know: carried state, randomness, log."""
        checkpoint["textgen"] = {
            "carried": [] if self.carried is None else pytree.tree_leaves(self.carried),
            "random": torch.get_rng_state(),
            "rows": [row.to_dict() for row in self.rows],
            "seconds": self.seconds,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._restored = checkpoint["textgen"]
        self.rows = [LogRow.from_dict(row) for row in self._restored["rows"]]
        self.seconds = float(self._restored["seconds"])

    def on_train_start(self) -> None:
        """Take up the state and the randomness where the checkpoint left them."""
        if self._restored:
            self.carried = self._rebuild(self._restored["carried"])
            torch.set_rng_state(self._restored["random"].cpu())
            self._restored = {}

    def _rebuild(self, leaves: list[Tensor]) -> State | None:
        """A state from its tensors; the net shows how they belong together.

        With several processes the leader's state is not the others': all start from zeros instead.
        """
        if not leaves or self.trainer.world_size > 1:
            return None
        with torch.no_grad():
            shape = self.net.unroll(torch.zeros(1, 1, dtype=torch.long, device=self.device))[1]
        return pytree.tree_unflatten([leaf.to(self.device) for leaf in leaves], pytree.tree_structure(shape))
