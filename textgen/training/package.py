"""Writing the model folder of a finished run: weights, config, log and card, measured after rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from textgen.experiments.metrics.scoring import held_out_perplexity
from textgen.files import save
from textgen.models import calibration, ngrams
from textgen.models import folder as checkpoint
from textgen.models.card import SAMPLE, model_card, sample_temperatures
from textgen.models.config import (
    CalibrationFacts,
    CorpusFacts,
    LossFacts,
    ModelConfig,
    NoveltyFacts,
    PublishedFacts,
    RecipeFacts,
    SplitFacts,
    TrainingFacts,
)
from textgen.models.draft import appearing
from textgen.models.evaluation import Evaluation, evaluate
from textgen.models.folder import Model
from textgen.models.log import FILE as LOG
from textgen.models.log import LogRow, write_log
from textgen.models.ngrams import NoveltyIndex
from textgen.nets.base import LanguageModel
from textgen.training.calibration import calibrate
from textgen.training.corpus import CHUNK, Corpus
from textgen.training.job import TrainOptions, scored_characters, validation_documents
from textgen.training.recipe import Recipe
from textgen.training.sampling import write_samples

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a run ended with."""

    recipe: Recipe
    corpus: Corpus
    net: LanguageModel  # of the best checkpoint
    step: int  # of that checkpoint
    rows: tuple[LogRow, ...]  # of the whole run
    seconds: float  # of the whole run


def publish_model(folder: Path, finished: FinishedRun, options: TrainOptions) -> Path:
    """Write the folder, load it again as any user would, measure it and put the figures in."""
    with appearing(folder) as draft:
        facts = calibrated(finished) if finished.recipe.calibrate else CalibrationFacts()
        novelty = novelty_facts(write_ngrams(draft, finished.corpus), draft)
        config = replace(describe(finished, options), calibration=facts, novelty=novelty)
        checkpoint.save(draft, finished.net, finished.corpus.tokenizer, config)
        model = checkpoint.load(draft)
        config = replace(config, losses=losses(measure(model.net, finished), finished))
        checkpoint.save(draft, finished.net, finished.corpus.tokenizer, config)
        write_calibration(draft, model, finished)
        write_log(draft / LOG, finished.rows, finished.recipe.log.temperatures)
        model = checkpoint.load(draft)
        texts = write_samples(model, sample_temperatures(model), SAMPLE)
        (draft / CARD).write_text(model_card(folder.name, model, texts), encoding="utf-8")
        for file in draft.iterdir():
            file.chmod(0o644)
    return folder


def novelty_facts(index: NoveltyIndex, folder: Path) -> NoveltyFacts:
    """How good the index of n-grams is."""
    size = (folder / ngrams.FILE).stat().st_size
    return NoveltyFacts(index.longest, index.distinct, round(index.false_positives, 4), size)


def calibrated(finished: FinishedRun) -> CalibrationFacts:
    """Calibrate the net in place; what that brought."""
    facts = calibrate(finished.net, validation_text(finished), finished.recipe.log.window)
    whole = replace(facts, whole_before=kept_row(finished).validation_loss)
    return CalibrationFacts(**{name: round(value, 4) for name, value in whole.to_json().items()})


def kept_row(finished: FinishedRun) -> LogRow:
    """The log's row of the kept weights."""
    return next(row for row in finished.rows if row.step == finished.step)


def measure(net: LanguageModel, finished: FinishedRun) -> Evaluation:
    """The loss of the rounded net on the validation part."""
    return evaluate(net, validation_text(finished), finished.recipe.log.window)


def write_calibration(folder: Path, model: Model, finished: FinishedRun) -> None:
    """What the rounded net's perplexity on the validation part is at other temperatures than 1."""
    window = finished.recipe.log.window
    curve_points = held_out_perplexity(model, validation_text(finished), calibration.TEMPERATURES, window)
    curve = calibration.CalibrationCurve(
        curve_points.temperatures,
        np.log(curve_points.perplexities),
        "validation",
        window,
        curve_points.targets,
        finished.corpus.sha256,
    )
    save(folder / calibration.FILE, curve.to_csv)


def write_ngrams(folder: Path, corpus: Corpus) -> NoveltyIndex:
    """Index the learned part of a corpus, into a model's folder."""
    index = NoveltyIndex.build(learned_texts(corpus))
    index.save(folder / ngrams.FILE)
    return index


def learned_texts(corpus: Corpus) -> Iterator[str]:
    """The documents as the model knows them, rare words as `<unk>`; long ones in pieces."""
    for ids in corpus.train.documents():
        for start in range(0, len(ids), CHUNK):
            yield corpus.tokenizer.decode(ids[start : start + CHUNK].tolist())


def validation_text(finished: FinishedRun) -> list[Tensor]:
    """(N,) the ids of each document that validates."""
    return validation_documents(finished.recipe, finished.corpus)


def losses(measured: Evaluation, finished: FinishedRun) -> LossFacts:
    """Nats per token, rounded where their noise begins."""
    unknown = finished.corpus.unknown_share()
    return LossFacts(
        unit=f"nats per {finished.recipe.level}",
        window=measured.window,
        validation_windows=round(measured.windows, 4),
        validation_streamed=round(measured.streamed, 4),
        train_with_dropout=round(kept_row(finished).train_loss, 4),
        perplexity=round(measured.perplexities[0], 1) if finished.recipe.level == "word" else None,
        unknown=None if unknown is None else round(unknown, 4),
        validation_targets=measured.targets,
        validation_characters=scored_characters(finished.recipe, finished.corpus),
    )


def describe(finished: FinishedRun, options: TrainOptions) -> ModelConfig:
    """The facts of a model, besides what is measured on its weights."""
    recipe, corpus = finished.recipe, finished.corpus
    return ModelConfig(
        title=recipe.title or recipe.name,
        level=recipe.level,
        unit=recipe.level,
        start=recipe.start,
        bos=recipe.bos or None,
        prompt=recipe.prompt or None,
        architecture=recipe.net.architecture,
        sizes={"vocab_size": corpus.tokenizer.vocab_size, **recipe.net.sizes},
        corpus=CorpusFacts(**{**asdict(recipe.corpus), "sha256": corpus.sha256, "bytes": corpus.size}),
        split=split_facts(finished),
        date=options.today().isoformat(),
        seed=recipe.seed,
        target=recipe.target,
        published=PublishedFacts(recipe.published.train_loss or None, recipe.published.source),
        training=training_facts(finished, options),
        recipe=RecipeFacts.from_json(recipe.to_json()),
    )


def split_facts(finished: FinishedRun) -> SplitFacts:
    """Which parts of the text are learned and which validate."""
    split = finished.recipe.split
    learned, rest = f"{split.train:.0%}", f"{1 - split.train:.0%}"
    each = " of each file" if split.by == "file" else ""
    words = f"first {learned}{each}", f"last {rest}{each}"
    if split.by == "line":
        words = f"random {learned} of the lines", f"other {rest} of the lines"
    return SplitFacts(*words, len(finished.corpus.train.ids), len(finished.corpus.validation.ids))


def training_facts(finished: FinishedRun, options: TrainOptions) -> TrainingFacts:
    """How long it took, on what."""
    last = finished.rows[-1]
    return TrainingFacts(
        steps=last.step,
        tokens=last.tokens,
        kept_step=finished.step,
        seconds=round(finished.seconds),
        machine=machine(),
        precision=options.lightning_precision(),
    )


def machine() -> str:
    """The processor that training runs on, in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    return f"{names[0] if names else 'CPU'}, {threads} thread{'s' if threads > 1 else ''}"
