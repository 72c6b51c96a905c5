"""What a model makes of a text: the next token after it, the tokens that it writes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from textgen.decoding import beam as search
from textgen.decoding import stream
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.scheduler import read_all
from textgen.errors import SettingError, TextError, out_of_range
from textgen.experiments.requests.text import MAX_STREAMS, Segment, Texts, TextSpec, WrittenText
from textgen.experiments.sweep.settings import check_length
from textgen.history import History
from textgen.models.folder import Model
from textgen.records import BeamStep, NextToken, Step
from textgen.settings import BeamSettings, DecodeSettings, check_seed
from textgen.text.context import read_context
from textgen.validation import check_whole


def predict(model: Model, context: str = "") -> NextToken:
    """What the model expects after a context: its raw logits, float32. Raises TextError.

    `context.pieces` is the text as typed, `context.ids` what the model read: its start for an empty text.
    """
    read = read_context(model, context)
    logits = model.stepper.read(model.reader, read.ids).logits
    return NextToken(
        labels=model.labels,
        texts=model.tokenizer.texts,
        logits=logits[0].float().numpy(),
        context=replace(read.encoded, ids=read.ids),
        model=model.name,
        note=read.note,
        stops=tuple(sorted(model.stops)),
    )


def write(
    model: Model,
    prompt: str | Sequence[Sequence[int]],
    settings: Sequence[DecodeSettings],
    seeds: Sequence[int],
    length: int,
    start: int = 0,
) -> Iterator[Step]:
    """Write `length` tokens to several streams at once, yielding a Step for each.

    `prompt` is a text that all streams share, or the ids that each stream has read so far, all of
    one length; `start` is how many of those its seed has already written, so that a text goes on as
    if it had never stopped. A text that picks one of `model.stops` has ended: its later ids are −1.
    Everything is checked at the call, before the first step.
    Raises SettingError and TextError.
    """
    asked = Asked(prompt, settings, seeds, start)
    return model.stepper.texts(model.reader, asked.streams(model), check_length(length), model.stops)


@dataclass(frozen=True, slots=True)
class Asked:
    """What streams of one batch are to begin with."""

    prompt: str | Sequence[Sequence[int]]  # a text that all share, or the ids (T,) that each has read
    settings: Sequence[DecodeSettings]
    seeds: Sequence[int]
    start: int  # tokens of the ids that each seed has written

    def streams(self, model: Model) -> list[stream.Stream]:
        """The streams. Raises SettingError and TextError."""
        check_whole("the number of texts", len(self.settings), 1, MAX_STREAMS, "write fewer side by side")
        if len(self.seeds) != len(self.settings):
            raise out_of_range(
                "seeds", f"one a text, {len(self.settings)}", len(self.seeds), "repeat a seed for shared luck"
            )
        check_whole("start", self.start, 0, 2**31, "0 starts a new text")
        contexts = shared_context(model, self.prompt, len(self.settings))
        return [
            stream.Stream(model.by_ids(chosen), check_seed(seed), context, self.start)
            for chosen, seed, context in zip(self.settings, self.seeds, contexts, strict=True)
        ]


def shared_context(
    model: Model, prompt: str | Sequence[Sequence[int]], streams: int
) -> list[tuple[int, ...]]:
    """The ids that each stream reads first: (streams, T), T ≥ 1."""
    if isinstance(prompt, str):
        return [read_context(model, prompt).ids] * streams
    contexts = [tuple(int(token) for token in ids) for ids in prompt]
    lengths = {len(ids) for ids in contexts}
    legal = all(0 <= token < model.net.vocab_size for ids in contexts for token in ids)
    if len(contexts) != streams or len(lengths) != 1 or 0 in lengths or not legal:
        raise TextError(
            f"the prompts must be ids of the model, {streams} texts of one length above 0, "
            f"got lengths {sorted(lengths)}; give one text to all instead"
        )
    return contexts


def beam_search(
    model: Model, prompt: str, beam: BeamSettings, settings: DecodeSettings
) -> Iterator[BeamStep]:
    """The steps of a search on a model after a prompt, whose texts end at the model's stops, too."""
    ids, chosen = read_context(model, prompt).ids, model.by_ids(settings)
    return model.stepper.pieces(searching(model, ids, with_stops(model, beam), chosen))


def searching(
    model: Model, context: Sequence[int], beam: BeamSettings, settings: DecodeSettings
) -> Iterator[BeamStep]:
    """The steps of a search after a context (T,), T ≥ 1; NOTHING while that is read."""
    read = yield from read_all(model.reader, [tuple(context)])
    yield from search.beam_search(search.NetScorer(model.writer, context, read), beam, settings, context)


def with_stops(model: Model, beam: BeamSettings) -> BeamSettings:
    """A search whose texts end where the model's do, besides its own stops."""
    return replace(beam, stops=(*beam.stops, *sorted(model.stops)))


def picked_step(
    model: Model, context: Sequence[int], settings: DecodeSettings, token: int, index: int = 0
) -> Step:
    """The step that a token chosen by hand is: what the model thought of it after a context (T,), T ≥ 1.

    `index` is its number: how many of the context's ids were written.
    """
    logits = model.stepper.read(model.reader, context).logits.double().numpy()
    chosen, named = np.array([token]), model.by_ids(settings)
    past = stream.Stream(named, 0, tuple(context), index)
    *_, history = model.stepper.pieces(stream.reading_by_stages(model.writer, past, model.stops))
    decoded = Pipeline(named).probabilities(logits[0], history)[chosen]
    return stream.describe(index, chosen, decoded, logits)


Written = tuple[list[int], list[float]]  # ids, and bits under the model at T = 1


class TextWriter:
    """Writes texts of one model, prompt and seed."""

    def __init__(self, model: Model, prompt: str, seed: int) -> None:
        self.model, self.prompt, self.seed = model, prompt, seed
        read = read_context(model, prompt)
        self.context, self.note = read.ids, read.note

    def write(self, texts: Sequence[TextSpec]) -> Texts:
        """The texts; those that are drawn in one go are written in one batch for each length."""
        plain = [number for number, text in enumerate(texts) if text.length and text.in_one_go]
        written: dict[int, Written] = {}
        for length in sorted({texts[number].length for number in plain}):
            batch = [number for number in plain if texts[number].length == length]
            settings = [texts[number].settings for number in batch]
            written.update(zip(batch, self.batch(settings, length), strict=True))
        for number, text in enumerate(texts):
            if number not in written:
                written[number] = self.text(text)
        records = (written_text(self.model, self.prompt, *written[n]) for n in range(len(texts)))
        return Texts(tuple(records), self.note)

    def batch(self, settings: Sequence[DecodeSettings], length: int) -> list[Written]:
        """Texts drawn side by side from their first token on."""
        contexts, seeds = [self.context] * len(settings), [self.seed] * len(settings)
        steps = list(write(self.model, contexts, settings, seeds, length))
        return [stream_of(steps, row) for row in range(len(settings))]

    def text(self, text: TextSpec) -> Written:
        """One text, segment by segment. Raises SettingError where it ends before a segment begins."""
        ids, bits = list[int](), list[float]()
        for segment in text.segments():
            self.check_reached(segment, ids)
            more, their_bits = self.segment(segment, text, ids)
            ids, bits = [*ids, *more][: segment.end], [*bits, *their_bits][: segment.end]
        return ids, bits

    def check_reached(self, segment: Segment, ids: Sequence[int]) -> None:
        if len(ids) < segment.start or self.model.ended(ids):
            what = "a token chosen by hand" if segment.token is not None else "a search"
            raise SettingError(
                f"{what} stands at position {segment.start}, but the text ends after {len(ids)} tokens; "
                "export the text again"
            )

    def segment(self, segment: Segment, text: TextSpec, ids: Sequence[int]) -> Written:
        """The tokens of a segment, those beyond its end among them."""
        context = (*self.context, *ids)
        if segment.token is not None:
            return self.picked(segment.token, text.settings, context)
        length = segment.goal - segment.start
        if text.searched:
            return self.searched(length, text, context)
        steps = write(self.model, [context], [text.settings], [self.seed], length, segment.start)
        return stream_of(list(steps), 0)

    def picked(self, token: int, settings: DecodeSettings, context: tuple[int, ...]) -> Written:
        """A token chosen by hand. Raises SettingError for one that cannot be written."""
        size = self.model.net.vocab_size
        if token >= size or token in self.model.suppressed:
            raise out_of_range(
                "a token chosen by hand", f"an id below {size} that can be written", token, "choose another"
            )
        return [token], picked_step(self.model, context, settings, token).surprisal.tolist()

    def searched(self, length: int, text: TextSpec, context: tuple[int, ...]) -> Written:
        """The best text of a beam search."""
        beam = text.decoding.search(length, self.seed, self.model.stops)
        before = History(context, written=len(context) - len(self.context))
        settings = self.model.by_ids(text.settings)
        *_, last = self.model.stepper.pieces(searching(self.model, before, beam, settings))
        best = search.best_of(last)
        return list(best.ids), best.surprisal.tolist()


def written_text(model: Model, prompt: str, ids: Sequence[int], surprisal: Sequence[float]) -> WrittenText:
    """Ids (n,) and their bits (n,) as a record."""
    labels = tuple(model.labels[token] for token in ids)
    return WrittenText(model.text(ids, prompt), tuple(ids), labels, tuple(surprisal))


def stream_of(steps: Sequence[Step], row: int) -> Written:
    """One stream of a batch, up to its end."""
    there = [step for step in steps if step.ids[row] != stream.NO_TOKEN]
    return [int(step.ids[row]) for step in there], [float(step.surprisal[row]) for step in there]


def texts_of(model: Model, prompt: str, steps: Sequence[Step], streams: int) -> Texts:
    """What a batch of streams has written, as a record."""
    records = (written_text(model, prompt, *stream_of(steps, row)) for row in range(streams))
    return Texts(tuple(records), read_context(model, prompt).note)
