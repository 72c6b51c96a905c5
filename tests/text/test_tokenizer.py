"""Characters and words: what a text is split into, and how it comes back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from textgen.errors import TextError
from textgen.models.folder import load_tokenizer
from textgen.text import tokenizer
from textgen.text.tokenizer import TextTokenizer
from textgen.text.words import UNKNOWN, split_words, word_vocabulary

# From Mark Twain, The Adventures of Tom Sawyer (1876), and Jane Austen, Pride and Prejudice (1813).
PASSAGE = """\
"TOM!"

No answer.

"What's gone with that boy, I wonder? You TOM!"

The old lady pulled her spectacles down and looked over them about the
room; then she put them up and looked out under them. She seldom or
never looked _through_ them for so small a thing as a boy; they were her
state pair, the pride of her heart, and were built for "style," not
service--she could have seen through a pair of stove-lids just as well.
She looked perplexed for a moment, and then said, not fiercely, but
still loud enough for the furniture to hear:

"Well, I lay if I get hold of you I'll--"

She did not finish, for by this time she was bending down and punching
under the bed with the broom, and so she needed breath to punctuate the
punches with. She resurrected nothing but the cat.

"I never did see the beat of that boy!" (he said: "'Tis nothing, aunt.'")

Mr. Bingley was to leave on the 4th, at 5:15, with 1,000 pounds; of
the ----shire militia, he knew o'clock from o'clock--"quite," said he.
"""

CASES = {
    "don't o'clock": ["don't", "o'clock"],
    "stove-lids": ["stove", "-", "lids"],
    "I'll--": ["I'll", "--"],
    "well...no": ["well", "...", "no"],
    "a\n\nb": ["a", "\n", "\n", "b"],
    '"Yes," he said.': ["“", "Yes", ",", "”", "he", "said", "."],
    '("yes")': ["(", "“", "yes", "”", ")"],
    "said--\"What's": ["said", "--", "“", "What's"],
    "I'll--\"": ["I'll", "--", "”"],
    "\"'Tis so.'\"": ["“", "‘", "Tis", "so", ".", "’", "”"],
    "the dogs' bowl": ["the", "dogs", "’", "bowl"],
    "_so_ so": ["⌊", "so", "⌋", "so"],
    'he said "': ["he", "said", "“"],
    "5:15, 1,000 4th": ["5:15", ",", "1,000", "4th"],
    "“Don’t”—so…": ["“", "Don't", "”", "--", "so", "..."],
    "<unk>": ["<", "unk", ">"],
    " \t ": [],
}


def words_of(text: str, min_count: int = 1) -> TextTokenizer:
    return TextTokenizer.words(word_vocabulary(Counter(split_words(text)), min_count))


@pytest.fixture(scope="module")
def words() -> TextTokenizer:
    return words_of(PASSAGE)


class TestWords:
    @pytest.mark.parametrize(("text", "pieces"), CASES.items())
    def test_pieces(self, text: str, pieces: list[str]) -> None:
        assert split_words(text) == pieces

    def test_every_line_comes_back_as_it_stood(self, words: TextTokenizer) -> None:
        back = words.decode(words.encode(PASSAGE).ids)
        assert back.splitlines() == PASSAGE.splitlines()

    def test_parts_cut_after_line_breaks_have_the_same_pieces(self) -> None:
        lines = PASSAGE.splitlines(keepends=True)
        assert [piece for line in lines for piece in split_words(line)] == split_words(PASSAGE)

    def test_a_saved_one_is_the_same(self, words: TextTokenizer, tmp_path: Path) -> None:
        words.save(tmp_path / "tokenizer.json")
        loaded = load_tokenizer(tmp_path / "tokenizer.json")
        assert loaded.encode(PASSAGE) == words.encode(PASSAGE)
        assert (loaded.level, loaded.unknown_id, loaded.pieces) == ("word", 0, words.pieces)
        assert (loaded.tight_before, loaded.tight_after) == (words.tight_before, words.tight_after)

    def test_the_library_reads_what_we_read_and_unknown_words_as_unk(self, words: TextTokenizer) -> None:
        assert tuple(words.tokenizer.encode(PASSAGE).ids) == words.encode(PASSAGE).ids
        assert words.tokenizer.encode("a zebra").tokens == ["a", UNKNOWN]

    def test_unknown_words_are_named_and_left_out(self, words: TextTokenizer) -> None:
        encoded = words.encode("No zebra, <unk>!")
        assert encoded.unknown == ("zebra", "<", "unk", ">")
        assert words.decode(encoded.ids) == "No,!"

    def test_texts_are_plain_and_labels_say_which_way_a_quote_faces(self, words: TextTokenizer) -> None:
        opening = words.pieces.index("“")
        assert (words.texts[opening], words.labels[opening]) == ('"', "“")
        assert words.labels[words.pieces.index("\n")] == "⏎"


class TestVocabulary:
    def test_falling_count_then_alphabet(self) -> None:
        counts = {"b": 2, "a": 2, "c": 5, "rare": 1, UNKNOWN: 9}
        assert word_vocabulary(counts, 2) == [UNKNOWN, "c", "a", "b"]

    @pytest.mark.parametrize("vocabulary", [["a", "b"], [], [UNKNOWN, "a", "a"]])
    def test_what_no_tokenizer_can_be_made_of(self, vocabulary: list[str]) -> None:
        with pytest.raises(TextError, match="word_vocabulary"):
            TextTokenizer.words(vocabulary)


class TestSpaces:
    @pytest.mark.parametrize(
        ("text", "piece", "longer"),
        [
            ("", "The", "The"),
            ("The", "old", "The old"),
            ("The ", "old", "The old"),
            ("The ", ",", "The,"),
            ("The", "--", "The--"),
            ("The--", "old", "The--old"),
            ("The", "“", 'The "'),
            ('The "', "old", 'The "old'),
            ("The", "”", 'The"'),
            ("The", "\n", "The\n"),
            ("The\n", "old", "The\nold"),
            ("zebra", "old", "zebra old"),
            ("", "”", "”"),  # a plain quote would open here
        ],
    )
    def test_one_token_more_is_read_back_as_that_token(
        self, words: TextTokenizer, text: str, piece: str, longer: str
    ) -> None:
        assert words.extended(text, [words.pieces.index(piece)]) == longer
        assert words.split(longer) == [*words.split(text), piece]

    def test_token_by_token_is_the_whole_text(self, words: TextTokenizer) -> None:
        ids, text = words.encode(PASSAGE).ids, ""
        for token in ids:
            text = words.extended(text, [token])
        assert words.encode(text).ids == ids
        assert text.replace("“", '"').splitlines() == PASSAGE.splitlines()

    @pytest.mark.parametrize("after", ["", "No ", "No", 'No "', "No\n", "zebra", "No--"])
    def test_a_continuation_brings_its_own_first_space(self, words: TextTokenizer, after: str) -> None:
        ids = words.encode("answer, boy").ids
        joined = after + words.decode(ids, after)
        assert joined == words.extended(after, ids) == words.extended(words.extended(after, ids[:1]), ids[1:])

    @pytest.mark.parametrize(
        ("text", "shorter"),
        [("The old", "The"), ('He said "', "He said"), ("so…", "so"), ("a—", "a"), ("a\n", "a"), ("  ", "")],
    )
    def test_the_last_piece_goes_with_its_space(self, words: TextTokenizer, text: str, shorter: str) -> None:
        assert words.without_last(text) == shorter


class TestNearest:
    def test_other_case_first_then_by_spelling(self) -> None:
        tokenizer = words_of("telegraph elephant Telephone tom cat\n")
        assert tokenizer.nearest("telephone")[0] == "Telephone"
        assert tokenizer.nearest("telegraphs") == ("telegraph", "Telephone")
        assert tokenizer.nearest("xyz") == ()
        assert tokenizer.nearest("t" * 5000) == ()

    def test_n_is_the_most(self, words: TextTokenizer) -> None:
        assert len(words.nearest("looke", 1)) == 1


class TestCharacters:
    def test_no_space_is_added_anywhere(self) -> None:
        tokenizer = TextTokenizer.characters("ab \n")
        assert (tokenizer.level, tokenizer.unknown_id) == ("char", None)
        assert tokenizer.decode(tokenizer.encode("a b\nab").ids, "a") == "a b\nab"
        assert tokenizer.extended("a", [tokenizer.pieces.index("b")]) == "ab"
        assert tokenizer.without_last("aé") == "a"
        assert (tokenizer.nearest("B"), tokenizer.nearest("c"), tokenizer.nearest("é")) == (("b",), (), ())


def test_a_panic_of_the_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As PyO3 has it: no Exception."""

    def panic(_: str) -> None:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    data = json.loads(TextTokenizer.characters("ab").tokenizer.to_str())
    monkeypatch.setattr(tokenizer, "Tokenizer", SimpleNamespace(from_str=panic))
    with pytest.raises(ValueError, match="it describes no tokenizer that the library knows"):
        TextTokenizer.from_json(data)
