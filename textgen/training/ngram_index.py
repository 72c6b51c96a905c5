"""What a model has read, as `ngrams.bin` beside its weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textgen.models.ngram_index import FILE, NoveltyIndex
from textgen.training.corpus import CHUNK, Corpus


def write_ngrams(folder: Path, corpus: Corpus) -> NoveltyIndex:
    """Index the learned part of a corpus, into a model's folder."""
    index = NoveltyIndex.build(learned_texts(corpus))
    index.save(folder / FILE)
    return index


def learned_texts(corpus: Corpus) -> Iterator[str]:
    """The documents as the model knows them, rare words as `<unk>`; long ones in pieces."""
    for ids in corpus.train.documents():
        for start in range(0, len(ids), CHUNK):
            yield corpus.tokenizer.decode(ids[start : start + CHUNK].tolist())
