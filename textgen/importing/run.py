"""A checkpoint becomes a model folder: its net, its vocabulary, a check on a text, and the folder itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

import torch

from textgen.errors import ModelError, SettingError, TextError, shorten
from textgen.importing import vocabulary
from textgen.importing.archive import is_archive, unpacked
from textgen.importing.found import MAX_BYTES, Found, refused
from textgen.importing.keras_files import read_keras
from textgen.importing.state_dict import from_state
from textgen.importing.torch_files import read_safetensors, read_torch
from textgen.models import calibration, log, ngrams, weights
from textgen.models import folder as checkpoint
from textgen.models.config import FILE as CONFIG
from textgen.models.config import ModelConfig
from textgen.models.draft import appearing, shelf_beside
from textgen.models.evaluation import windows_loss
from textgen.models.names import check_name, usual_name
from textgen.models.reading import read_bytes
from textgen.nets import ARCHITECTURES, build
from textgen.nets.base import LanguageModel
from textgen.text.files import read_whole
from textgen.text.tokenizer import TextTokenizer
from textgen.units import loss_text

HDF5 = b"\x89HDF\r\n\x1a\n"
SCORED, WINDOW = 5_000, 256  # tokens of a text, and of a window
CHARACTERS = 100_000  # of a text that are read for them
CARD = "README.md"
FILES = (CONFIG, weights.FILE, checkpoint.TOKENIZER, log.FILE, calibration.FILE, ngrams.FILE, CARD)
OURS = "a model folder of Temperature Lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Where a checkpoint's folder appears, and what the checkpoint does not say."""

    models: Path  # the folder appears here
    name: str | None = None  # None = the file's
    vocab: Path | None = None  # JSON with the tokens, or the text they come from
    corpus: Path | None = None  # a text to score, and to take the vocabulary from where nothing else has it
    order: str | None = None  # one of vocabulary.ORDERS; None = the one that fits the text best
    replace: bool = False  # a folder of that name may be there
    title: str = ""  # "" = the file's name
    most: int = MAX_BYTES  # of the net's numbers, and of what it is read from


@dataclass(frozen=True, slots=True)
class Imported:
    """A finished import."""

    folder: Path
    notes: tuple[str, ...]  # what whoever asked for it should know
    kind: str  # what the checkpoint is: "a Keras model"


def import_model(source: Path, options: ImportOptions) -> Imported:
    """Make a model folder of a checkpoint. Raises TextgenError; then there is no folder, not even a part."""
    target = options.models / check_name(options.name or usual_name(source))
    if target.exists() and not options.replace:
        raise ModelError(f"{target} exists; --replace replaces it, --name takes another name")
    check_file(source, options.most)
    if not is_archive(source):
        return made_of(source, target, options)
    with shelf_beside(target) as shelf:
        return made_of(unpacked(source, shelf / "unpacked", options.most), target, options)


def made_of(source: Path, target: Path, options: ImportOptions) -> Imported:
    return copied(source, target, options) if is_ours(source) else converted(source, target, options)


def converted(source: Path, target: Path, options: ImportOptions) -> Imported:
    """A model folder of somebody else's checkpoint."""
    found = read_source(source, options.most)
    check_size(source, found, options.most)
    net = net_of(source, found)
    tokenizer, notes = tokenizer_for(net, found, options)
    notes = (*found.notes, *notes)
    with appearing(target) as draft:
        config = config_of(source, found, tokenizer, options.title or source.stem or target.name)
        checkpoint.save(draft, net, tokenizer, config, torch.float32)
        (draft / CARD).write_text(card(source, found, config, notes), encoding="utf-8")
        checkpoint.load(draft)
    return Imported(target, notes, found.kind)


def is_ours(source: Path) -> bool:
    """Whether a folder is a model folder already."""
    try:
        return source.is_dir() and checkpoint.read_config(source).architecture in ARCHITECTURES
    except ModelError:
        return False


def copied(source: Path, target: Path, options: ImportOptions) -> Imported:
    """A model folder that somebody brings back: the files that one has, once it can be loaded."""
    sizes = [(source / name).lstat().st_size for name in FILES if (source / name).exists()]
    if sum(sizes) > options.most:
        raise refused(source, f"it must take at most {options.most:,} bytes", "bring a smaller one")
    with appearing(target) as draft:
        for name in FILES:
            if (source / name).exists():
                (draft / name).write_bytes(read_bytes(source / name, options.most))
        model = checkpoint.load(draft)
        if options.title:
            replace(model.config, title=options.title).write(draft)
        notes = () if options.corpus is None else best_on(model.net, [model.tokenizer], options.corpus)[1]
    return Imported(target, notes, OURS)


def check_file(source: Path, most: int) -> None:
    """Raises ModelError for a file that is not there, or too large to be read."""
    try:
        size = 0 if source.is_dir() else source.stat().st_size
    except (OSError, ValueError) as error:
        raise refused(source, "there is no such file", "name a checkpoint, or a folder of one") from error
    if size > most:
        raise refused(source, f"it must have at most {most:,} bytes, got {size:,}", "bring a smaller one")


def check_size(source: Path, found: Found, most: int) -> None:
    """Raises ModelError for a net of more numbers than its file holds: names may share them."""
    size = 4 * sum(tensor.numel() for tensor in found.weights.values())
    if size > most:
        raise refused(source, f"its numbers take {size:,} bytes, of at most {most:,}", "bring a smaller one")


def read_source(source: Path, most: int) -> Found:
    """The net in a checkpoint, by what the file is, whatever its name. Raises ModelError."""
    if source.is_dir():
        return read_folder(source, most)
    try:
        with source.open("rb") as file:
            start = file.read(len(HDF5))
    except (OSError, ValueError) as error:
        raise refused(source, "there is no such file", "name a checkpoint, or a folder of one") from error
    if source.suffix == ".safetensors":
        return from_state(source, read_safetensors(source))
    if start == HDF5 or source.suffix == ".keras":
        return read_keras(source)
    tensors, beside = read_torch(source)
    return replace(from_state(source, tensors), tokens=vocabulary.named_in(beside))


def read_folder(source: Path, most: int) -> Found:
    """A folder of Hugging Face's."""
    from textgen.importing.hugging_face import read_hugging_face

    return read_hugging_face(source, most)


def net_of(source: Path, found: Found) -> LanguageModel:
    """The net with its weights. Raises ModelError for weights that are not its own."""
    try:
        net = build(found.architecture, found.sizes)
        net.load_state_dict(dict(found.weights))
    except (SettingError, RuntimeError) as error:
        reason = shorten(str(error).partition("\n")[0], 160)
        raise refused(source, f"its weights make no net ({reason})", "save it again") from error
    net.eval().requires_grad_(False)
    net.prepare()
    return net


def tokenizer_for(
    net: LanguageModel, found: Found, options: ImportOptions
) -> tuple[TextTokenizer, tuple[str, ...]]:
    """The tokens of a net, and what is to say of them. Raises TextError where nothing names them."""
    if found.tokenizer is not None:
        choices = [found.tokenizer]
    elif options.vocab is not None:
        choices = [*vocabulary.read_vocabulary(options.vocab, found.vocab_size, options.order)]
    elif found.tokens is not None:
        tokens = vocabulary.checked("the checkpoint's vocabulary", found.tokens, found.vocab_size)
        choices = [vocabulary.tokenizer_of(tokens)]
    elif options.corpus is not None:
        choices = [*vocabulary.from_text(options.corpus, found.vocab_size, options.order)]
    else:
        raise TextError(
            f"the checkpoint has {found.vocab_size:,} tokens but no vocabulary; {vocabulary.WAYS}"
        )
    text = options.corpus or (options.vocab if len(choices) > 1 else None)
    if text is None:
        return choices[0], ()
    return best_on(net, choices, text)


def best_on(
    net: LanguageModel, choices: list[TextTokenizer], text: Path
) -> tuple[TextTokenizer, tuple[str, ...]]:
    """The tokenizer under which a text costs least, and how much that is."""
    start = read_whole(text, vocabulary.MAX_TEXT)[:CHARACTERS]
    losses = [loss_on(net, tokenizer, start) for tokenizer in choices]
    best = min(range(len(choices)), key=losses.__getitem__)
    loss, tokenizer = losses[best], choices[best]
    return tokenizer, (verdict(text, loss, characters_of(tokenizer, start), net.vocab_size),)


def loss_on(net: LanguageModel, tokenizer: TextTokenizer, text: str) -> float:
    """Nats per token of a text's beginning. Raises TextError for a text that has none."""
    ids = torch.tensor(scored(tokenizer, text), dtype=torch.long)
    return windows_loss(net, ids, min(WINDOW, net.context or WINDOW))


def scored(tokenizer: TextTokenizer, text: str) -> tuple[int, ...]:
    return tokenizer.encode(text).ids[:SCORED]


def characters_of(tokenizer: TextTokenizer, text: str) -> float:
    """Characters per token of what is scored of a text."""
    ids = scored(tokenizer, text)
    return len(tokenizer.decode(ids)) / len(ids)


def verdict(text: Path, loss: float, characters: float, vocab_size: int) -> str:
    """Whether a net knows its way in a text: better than a guess, which costs ln V nats."""
    guess = math.log(vocab_size)
    costs = loss_text(loss, "token", characters, 3)
    measured = f"{shorten(text.name)} costs {costs}, a guess among {vocab_size:,} {guess:.3f}"
    wrong = ": the vocabulary's order is wrong, or the text is foreign"
    return measured + (wrong if not loss < guess else "")


def config_of(source: Path, found: Found, tokenizer: TextTokenizer, name: str) -> ModelConfig:
    return ModelConfig(
        title=shorten(name, 80),
        level=tokenizer.level,
        unit=tokenizer.level,
        start=start_of(found, tokenizer),
        bos=found.bos,
        stops=found.stops,
        architecture=found.architecture,
        sizes=found.sizes,
    )


def start_of(found: Found, tokenizer: TextTokenizer) -> str:
    """What stands for an empty context: a line break, a space, else the first token that writes something."""
    if found.start is not None:
        return found.start
    usual = ("\n", ". ", " ", "the")
    known = (text for text in usual if tokenizer.encode(text).ids and not tokenizer.encode(text).unknown)
    return next(known, next(filter(None, tokenizer.texts), "\n"))


def card(source: Path, found: Found, config: ModelConfig, notes: tuple[str, ...]) -> str:
    """README.md of an imported model."""
    sizes = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in plain(found.sizes).items())
    remarks = "".join(f"- {note}\n" for note in notes)
    return (
        f"# {config.title}\n\nImported from `{shorten(source.name)}`, {found.kind}"
        f"{checksum(source)}.\nNetwork: {found.architecture} ({sizes}), weights as they were, in float32.\n"
        + (f"\n{remarks}" if remarks else "")
        + "\nHow it was trained, on what and with which loss, its checkpoint does not say.\n"
    )


def plain(sizes: Mapping[str, object]) -> dict[str, object]:
    """The sizes that are numbers."""
    return {key: value for key, value in sizes.items() if isinstance(value, int)}


def checksum(source: Path) -> str:
    """The sha256 of a file."""
    if source.is_dir():
        return ""
    with source.open("rb") as file:
        return f" (sha256 `{file_digest(file, 'sha256').hexdigest()}`)"
