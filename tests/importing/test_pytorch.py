"""PyTorch's state dicts become models whose logits are those of the class that saved them."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.importing.conftest import CHARACTERS, Import, check_agreement, import_source, some_ids
from textgen.cli import main
from textgen.errors import TextgenError

V = len(CHARACTERS)


class Tutorial(nn.Module):
    """Embedding, cells, linear: as tutorials write them, under whatever names."""

    def __init__(
        self, cells: type[nn.RNNBase], names: tuple[str, str, str], layers: int, **options: Any
    ) -> None:
        super().__init__()
        self.names = names
        self.add_module(names[0], nn.Embedding(V, 6))
        self.add_module(names[1], cells(6, 10, layers, batch_first=True, **options))  # type: ignore[call-arg]
        self.dropout = nn.Dropout(0.5)
        self.add_module(names[2], nn.Linear(10, V, bias=options.get("bias", True)))

    def forward(self, ids: Tensor) -> Tensor:
        embedding, cells, head = (self.get_submodule(name) for name in self.names)
        return head(self.dropout(cells(embedding(ids))[0]))


class CharRNN(nn.Module):
    """One-hot characters, as Udacity's course has them."""

    def __init__(self, tokens: str) -> None:
        super().__init__()
        self.lstm = nn.LSTM(len(tokens), 12, 2, batch_first=True)
        self.fc = nn.Linear(12, len(tokens))

    def forward(self, ids: Tensor) -> Tensor:
        return self.fc(self.lstm(nn.functional.one_hot(ids, V).float())[0])


def made(*arguments: Any, **options: Any) -> Tutorial:
    torch.manual_seed(0)
    return Tutorial(*arguments, **options).eval()


@torch.no_grad()
def logits(net: nn.Module, ids: Tensor) -> Tensor:
    return net(ids)


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    path = tmp_path / "chars.json"
    path.write_text(json.dumps({char: i for i, char in enumerate(CHARACTERS)}), encoding="utf-8")
    return path


def prefixed(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


# How a net is made, and what its file holds.
TUTORIALS: Mapping[str, tuple[Callable[[], Tutorial], Callable[[Mapping[str, Tensor]], Any]]] = {
    "plain": (lambda: made(nn.LSTM, ("embedding", "lstm", "fc"), 2), dict),
    "no bias": (
        lambda: made(nn.LSTM, ("embed", "lstm", "linear"), 3, bias=False),
        lambda state: {"state_dict": state, "epoch": 3},
    ),
    "parallel": (
        lambda: made(nn.GRU, ("encoder", "rnn", "decoder"), 2),
        lambda state: {"model_state_dict": prefixed("module.", state)},
    ),
    "compiled": (
        lambda: made(nn.GRU, ("emb", "gru", "out"), 1),
        lambda state: prefixed("_orig_mod.model.", state),
    ),
    "with its optimiser": (
        lambda: made(nn.RNN, ("embedding", "rnn", "head"), 2),
        lambda state: {"model": state, "optimizer": {"lr": 0.1}},
    ),
}


@pytest.mark.parametrize("case", TUTORIALS)
def test_a_tutorials_net_scores_as_it_did(case: str, tmp_path: Path, vocab: Path, imported: Import) -> None:
    make, wrap = TUTORIALS[case]
    net = make()
    torch.save(wrap(net.state_dict()), tmp_path / "net.pt")
    model, ids = imported(tmp_path / "net.pt", vocab=vocab), some_ids(V)
    check_agreement(model, ids, logits(net, ids))
    assert "".join(model.tokenizer.texts) == CHARACTERS


def test_a_tied_net_whose_file_has_one_table_alone(tmp_path: Path, vocab: Path, imported: Import) -> None:
    torch.manual_seed(0)
    embedding, lstm, bias = nn.Embedding(V, 8), nn.LSTM(8, 8, batch_first=True), torch.randn(V)
    state = {**prefixed("embedding.", embedding.state_dict()), **prefixed("lstm.", lstm.state_dict())}
    save_file({**state, "decoder.bias": bias}, tmp_path / "tied.safetensors")
    ids = some_ids(V)
    with torch.no_grad():
        theirs = lstm(embedding(ids))[0] @ embedding.weight.T + bias
    check_agreement(imported(tmp_path / "tied.safetensors", vocab=vocab), ids, theirs)


def test_the_char_rnn_dict_brings_its_characters(tmp_path: Path, imported: Import) -> None:
    torch.manual_seed(0)
    net = CharRNN(CHARACTERS).eval()
    values = {"n_hidden": 12, "n_layers": 2, "state_dict": net.state_dict(), "tokens": tuple(CHARACTERS)}
    torch.save(values, tmp_path / "rnn_20_epoch.net")
    model, ids = imported(tmp_path / "rnn_20_epoch.net"), some_ids(V)
    check_agreement(model, ids, logits(net, ids))
    assert model.tokenizer.encode("a.").ids == (CHARACTERS.index("a"), CHARACTERS.index("."))


# ---- the vocabulary


def follower(order: str) -> dict[str, Tensor]:
    """A net that is sure of the alphabet's next letter, when its characters stand in this order."""
    table = torch.eye(len(order))
    successor = torch.zeros(len(order), len(order))
    for char in order:
        successor[order.index("abc"[("abc".index(char) + 1) % 3]), order.index(char)] = 1
    cells = {"weight_ih_l0": 9 * table, "weight_hh_l0": 0 * table}
    return {"embedding.weight": table, **prefixed("rnn.", cells), "fc.weight": 9 * successor}


@pytest.mark.parametrize("order", ["abc", "cba"])
def test_a_text_names_its_characters_in_the_order_under_which_it_costs_least(
    order: str, tmp_path: Path
) -> None:
    torch.save(follower(order), tmp_path / "net.pt")
    (tmp_path / "text.txt").write_text("cba" + "abc" * 200)
    done = import_source(tmp_path, tmp_path / "net.pt", corpus=tmp_path / "text.txt")
    vocabulary = json.loads((done.folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert sorted(vocabulary, key=vocabulary.__getitem__) == list(order)
    assert any("text.txt costs 0.0" in note and "a guess among 3 1.099" in note for note in done.notes)


def test_the_wrong_order_is_said_with_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(follower("abc"), tmp_path / "net.pt")
    (tmp_path / "text.txt").write_text("abc" * 200)
    (tmp_path / "vocab.json").write_text('["b", "a", "c"]')
    files = ["--vocab", str(tmp_path / "vocab.json"), "--corpus", str(tmp_path / "text.txt")]
    assert main(["import", str(tmp_path / "net.pt"), *files, "--models", str(tmp_path / "m")]) == 0
    said = capsys.readouterr()
    assert "a guess among 3 1.099: the vocabulary's order is wrong, or the text is foreign" in said.err
    assert said.out.strip() == str(tmp_path / "m" / "net")


@pytest.mark.parametrize(
    ("vocab", "says"),
    [
        (None, "has 3 tokens but no vocabulary; name it: --vocab"),
        ('["a", "b"]', "has 2 tokens, the net 3"),
        ('{"a": 0, "b": 0, "c": 1}', "no vocabulary: it must be a list of tokens"),
        ('["a", "b", "a"]', "each token once, got 'a' twice"),
        ("abcd", "must have 3 different characters, .* got 4 as it stands"),
    ],
)
def test_what_is_no_vocabulary(vocab: str | None, says: str, tmp_path: Path) -> None:
    torch.save(follower("abc"), tmp_path / "net.pt")
    path = tmp_path / "vocab"
    path.write_text(vocab or "")
    with pytest.raises(TextgenError, match=says):
        import_source(tmp_path, tmp_path / "net.pt", vocab=path if vocab else None)
    assert not (tmp_path / "models").exists()


# ---- what is refused


class Trap:
    """Opened as a pickle, it would make a file."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (Path.touch, (self.place,))


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", b"\0" * 3_000_000)


def cut(path: Path) -> None:
    torch.save(follower("abc"), path)
    data = path.read_bytes()
    path.write_bytes(data[:500] + bytes(200) + data[700:])


HUGE = torch.zeros(1).expand(10**9, 100)
STATES: Mapping[str, tuple[Any, str]] = {
    "both directions": (lambda: nn.LSTM(3, 3, bidirectional=True).state_dict(), "weight_ih_l0_reverse"),
    "projected": (lambda: nn.LSTM(3, 3, proj_size=2).state_dict(), "weight_hr_l0"),
    "a norm": (
        lambda: {**follower("abc"), "norm.weight": torch.ones(3)},
        r"none of our nets has, norm\.weight; it must",
    ),
    "two stacks": (
        lambda: {**follower("abc"), "lstm2.weight_ih_l0": torch.ones(3, 3)},
        "one stack .* got 2 of them, rnn",
    ),
    "no head": (
        lambda: {**follower("abc"), "embedding.weight": torch.ones(3, 2), "fc.weight": torch.ones(3, 9)},
        "must be 3 × 3, got 3 × 9",
    ),
    "gates": (
        lambda: {**follower("abc"), "rnn.weight_hh_l0": torch.ones(6, 3)},
        "1, 3 or 4 times as many rows",
    ),
    "a layer less": (lambda: {**follower("abc"), "rnn.weight_ih_l4": torch.ones(3, 3)}, "lacks weight_ih_l1"),
    "another table": (
        lambda: {**follower("abc"), "embedding.weight": torch.ones(7, 3)},
        "the embedding must be 3 × 3, got 7 × 3",
    ),
    "a view": (lambda: {**follower("abc"), "fc.weight": HUGE}, "fc.weight is no plain array"),
    "no tensors": (lambda: {"weights": 3}, "no tensors by name"),
    "numbers that are none": (
        lambda: {**follower("abc"), "fc.weight": torch.full((3, 3), torch.nan)},
        "not finite",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_dict_that_is_no_net_of_ours_is_refused_by_name(case: str, tmp_path: Path) -> None:
    make, says = STATES[case]
    torch.save(make(), tmp_path / "net.pt")
    (tmp_path / "vocab.json").write_text('["a", "b", "c"]')
    with pytest.raises(TextgenError, match=says):
        import_source(tmp_path, tmp_path / "net.pt", vocab=tmp_path / "vocab.json")
    assert not list(tmp_path.glob("models/*"))


FILES: Mapping[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda path: None, "there is no such file"),
    "a bare pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "could run any code"),
    "a whole model": (
        lambda path: torch.save(nn.LSTM(2, 2), path),
        r"torch.save\(model.state_dict\(\), 'net-weights.pt'\)",
    ),
    "a trap": (lambda path: torch.save({"x": Trap(path.with_name("sprung"))}, path), "could run any code"),
    "compressed": (bomb, "it is compressed"),
    "another zip": (lambda path: zipfile.ZipFile(path, "w").writestr("a", "b"), "no file of torch.save"),
    "damaged": (cut, "damaged|could run any code|no tensors"),
    "text": (lambda path: path.write_text("hello"), "could run any code"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_hostile_or_damaged_file_is_a_sentence(case: str, tmp_path: Path) -> None:
    make, says = FILES[case]
    make(tmp_path / "net.pt")
    with pytest.raises(TextgenError, match=says):
        import_source(tmp_path, tmp_path / "net.pt")
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "models").exists()
