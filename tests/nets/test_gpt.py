"""The transformer: microgpt's formula and size, a block that really limits it, caches that only save time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from textgen.nets import build, gpt
from textgen.nets.base import Dropout
from textgen.nets.gpt import GPT

CLOSE = {"rtol": 0, "atol": 1e-5}
BLOCK, WIDTH, HEADS = 6, 8, 2


@pytest.fixture
def net() -> GPT:
    torch.manual_seed(0)
    net = GPT(GPT.Sizes(11, block=BLOCK, layers=2, width=WIDTH, heads=HEADS))
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    return net.eval().requires_grad_(False)


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(11, (3, 20), generator=torch.Generator().manual_seed(1))


def norm(x: Tensor) -> Tensor:
    return x / (x.square().mean() + 1e-5).sqrt()


def attend(queries: Tensor, keys: list[Tensor], values: list[Tensor]) -> Tensor:
    """microgpt's attention for one token: head by head, over a list of keys and one of values."""
    heads = []
    for part in torch.arange(WIDTH).chunk(HEADS):
        scores = torch.stack([queries[part] @ key[part] for key in keys]) / len(part) ** 0.5
        weights = scores.exp() / scores.exp().sum()
        heads.append(torch.stack([w * v[part] for w, v in zip(weights, values, strict=True)]).sum(0))
    return torch.cat(heads)


def by_the_formula(net: GPT, ids: Tensor) -> Tensor:
    """ids (T,) → logits (V,): microgpt's loop over the last block, a token at a time."""
    w = {name.replace(".weight", ""): weight for name, weight in net.state_dict().items()}
    keys: list[list[Tensor]] = [[], []]
    values: list[list[Tensor]] = [[], []]
    x = torch.zeros(WIDTH)
    for position, token in enumerate(ids[-BLOCK:]):
        x = norm(w["tokens"][token] + w["positions"][position])
        for i in range(2):
            query, key, value = (w[f"layers.{i}.qkv"] @ norm(x)).chunk(3)
            keys[i].append(key)
            values[i].append(value)
            x = x + w[f"layers.{i}.out"] @ attend(query, keys[i], values[i])
            x = x + w[f"layers.{i}.down"] @ (w[f"layers.{i}.up"] @ norm(x)).relu()
    return w["head"] @ x


def test_it_is_the_formula(net: GPT, ids: Tensor) -> None:
    logits = net(ids)
    for row, text in enumerate(ids):
        for t in range(ids.shape[1]):
            torch.testing.assert_close(logits[row, t], by_the_formula(net, text[: t + 1]), **CLOSE)


def test_it_has_the_parameters_of_microgpt() -> None:
    net = build("gpt", {"vocab_size": 27})
    assert net.parameter_count == 4192
    assert all(abs(weight.std() - 0.08) < 0.01 for weight in net.parameters())


def test_a_token_is_seen_for_as_long_as_the_block(net: GPT, ids: Tensor) -> None:
    other = ids.clone()
    other[:, 4] = (ids[:, 4] + 1) % 11
    changed = (net(ids) != net(other)).any(dim=2).all(dim=0)
    assert changed.tolist() == [4 <= t < 4 + BLOCK for t in range(20)]
    assert net.context == BLOCK


def test_last_logits_read_one_block_and_learn(net: GPT, ids: Tensor) -> None:
    net.requires_grad_(True)
    logits = net.last_logits(ids)
    torch.testing.assert_close(logits, net(ids)[:, -1], **CLOSE)
    logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())


def test_pieces_make_no_difference(net: GPT, ids: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = net(ids)
    monkeypatch.setattr(gpt, "PIECE", 4 * BLOCK)
    torch.testing.assert_close(net(ids), whole, **CLOSE)


def test_the_state_grows_up_to_the_block(net: GPT, ids: Tensor) -> None:
    _, state = net.prefill(ids[:, :1])
    sizes = []
    for column in ids[:, 1:10].T:
        _, state = net.step(column, state)
        sizes.append((state.ids.shape[1], state.caches[0].keys.shape[2]))
    assert sizes == [(2, 2), (3, 3), (4, 4), (5, 5), (5, 0), (5, 0), (5, 0), (5, 0), (5, 0)]


@pytest.mark.parametrize("batch", [2, 3, 5, 16, 40])
@pytest.mark.parametrize("read", [1, 3, 9])
def test_a_stream_is_the_same_to_the_last_bit_in_any_company(batch: int, read: int) -> None:
    net = GPT(GPT.Sizes(11, block=BLOCK, layers=2, width=24, heads=2)).eval()
    ids = torch.randint(11, (batch, read + 1), generator=torch.Generator().manual_seed(batch))
    together = net.step(ids[:, read], net.prefill(ids[:, :read])[1])[0]
    for row in range(batch):
        alone = net.step(ids[row : row + 1, read], net.prefill(ids[row : row + 1, :read])[1])[0]
        assert torch.equal(alone[0], together[row])


def test_dropout_is_for_unrolling_in_training_alone(ids: Tensor) -> None:
    torch.manual_seed(0)
    net = GPT(GPT.Sizes(11), dropout=Dropout(output=0.5))
    assert not torch.equal(net(ids), net(ids))
    read = net.prefill(ids)[0]
    net.eval()
    torch.testing.assert_close(read, net(ids)[:, -1], **CLOSE)
    assert torch.equal(net(ids), net(ids))


def test_heads_must_share_the_width() -> None:
    with pytest.raises(ValueError, match="width must be a multiple of heads, 3, got 16; 64 with 4"):
        GPT(GPT.Sizes(11, heads=3))
