"""Fetching a corpus from a server on this machine: the right bytes, or a sentence and no file."""

from __future__ import annotations

import errno
import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from textgen.cli import main
from textgen.errors import TextError, TextgenError
from textgen.training.corpora import CorpusFile, KnownCorpus, fetch, find_corpus, known_corpora
from textgen.training.recipe import bundled, read_recipe

TEXT = b"To be, or not to be.\n" * 10_000
SHA256 = hashlib.sha256(TEXT).hexdigest()


class Answers(BaseHTTPRequestHandler):
    """The path says how it goes wrong."""

    def do_GET(self) -> None:
        body = {"/right": TEXT, "/wrong": TEXT[::-1], "/long": TEXT * 100, "/short": TEXT[:-9]}.get(self.path)
        if self.path == "/cut-off":
            body = TEXT[:1000]
        if body is None:
            return self.send_error(404)
        self.send_response(200)
        if self.path != "/long":  # its end is the connection's
            self.send_header("Content-Length", str(len(TEXT) if self.path == "/cut-off" else len(body)))
        self.end_headers()
        return self.send(body)

    def send(self, body: bytes) -> None:
        try:
            self.wfile.write(body)
        except ConnectionError:  # the client has seen enough
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def corpus(*urls: str) -> KnownCorpus:
    files = (CorpusFile(f"plays/{i}.txt", len(TEXT), SHA256, url) for i, url in enumerate(urls))
    return KnownCorpus("plays", "plays", "made up", tuple(files))


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_right_bytes(server: str, tmp_path: Path) -> None:
    lines: list[str] = []
    paths = fetch(corpus(f"{server}/right", f"{server}/right"), tmp_path / "new", lines.append)
    assert paths == [tmp_path / "new/plays/0.txt", tmp_path / "new/plays/1.txt"]
    assert [path.read_bytes() for path in paths] == [TEXT, TEXT]
    assert sorted(left(tmp_path)) == paths
    assert "210,000 bytes" in lines[0]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/wrong", rf"/wrong must have the sha256 {SHA256}, got .*corpus\.sha256="),
        ("/long", r"/long has more than the 210,000 bytes it should have; .*corpus\.sha256="),
        ("/short", r"/short ended after 209,991 of 210,000 bytes; try again"),
        ("/cut-off", r"/cut-off ended after 1,000 of 210,000 bytes; try again"),
        ("/nowhere", r"/nowhere answered 404 Not Found; try again later, or .*corpus\.sha256="),
    ],
)
def test_what_is_not_the_text_leaves_no_file(server: str, tmp_path: Path, path: str, sentence: str) -> None:
    with pytest.raises(TextgenError, match=sentence):
        fetch(corpus(server + path), tmp_path, print)
    assert left(tmp_path) == []


def test_no_network(tmp_path: Path) -> None:
    with pytest.raises(TextgenError, match=r"cannot be reached \(.*\); look at the network"):
        fetch(corpus("http://127.0.0.1:9/discard"), tmp_path, print, timeout=5)
    assert left(tmp_path) == []


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/right"
        with pytest.raises(TextgenError, match="timed out"):
            fetch(corpus(url), tmp_path, print, timeout=0.2)


def test_file_that_is_right_is_kept_and_one_that_is_not_is_untouched(server: str, tmp_path: Path) -> None:
    one, other = fetch(corpus(f"{server}/right", f"{server}/right"), tmp_path, print)
    before, lines = one.stat(), list[str]()
    fetch(corpus(f"{server}/nowhere"), tmp_path, lines.append)
    assert one.stat().st_mtime_ns == before.st_mtime_ns
    assert lines == [f"{one} is there already"]
    other.write_text("mine")
    with pytest.raises(TextError, match=r"is there already, but is another text; .*--to FOLDER"):
        fetch(corpus(f"{server}/right", f"{server}/right"), tmp_path, print)
    assert other.read_text() == "mine"


def test_full_disk(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("textgen.training.corpora.write", full)
    with pytest.raises(TextgenError, match=r"cannot be written \(No space left on device\); make room"):
        fetch(corpus(f"{server}/right"), tmp_path, print)


def test_folder_that_is_a_file(server: str, tmp_path: Path) -> None:
    (tmp_path / "plays").write_text("mine")
    with pytest.raises(TextgenError, match="cannot be written"):
        fetch(corpus(f"{server}/right"), tmp_path, print)


def test_a_part_of_a_corpus_is_better_than_none(server: str, tmp_path: Path) -> None:
    with pytest.raises(TextgenError, match="404"):
        fetch(corpus(f"{server}/right", f"{server}/nowhere"), tmp_path, print)
    assert left(tmp_path) == [tmp_path / "plays/0.txt"]


def test_catalogue_has_the_texts_of_the_recipes() -> None:
    """A recipe's sha256 is that of the file, or of the listing of a folder's files."""
    listed = {digest(known) for known in known_corpora().values()}
    assert {read_recipe(name).corpus.sha256 for name in bundled()} <= listed


def digest(known: KnownCorpus) -> str:
    if len(known.files) == 1:
        return known.files[0].sha256
    listing = "".join(f"{file.sha256}  {Path(file.file).name}\n" for file in known.files)
    return hashlib.sha256(listing.encode()).hexdigest()


def test_every_file_says_where_it_comes_from() -> None:
    for known in known_corpora().values():
        assert known.published or known.made
        assert all(bool(file.url) != bool(file.page) for file in known.files)
        assert all((file.url or file.page).startswith("https://") for file in known.files)


def test_what_is_not_published_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"six novels cannot be fetched, .*ebooks/1342, .*corpus\.sha256="):
        fetch(find_corpus("novels", known_corpora()), tmp_path, print)


def test_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["corpus", "list"]) == 0
    printed = capsys.readouterr().out
    assert "python -m textgen corpus fetch tinyshakespeare" in printed
    assert "war-and-peace: War and Peace, 1 file, 3,196,230 bytes" in printed
    assert main(["corpus", "fetch", "treasure-island", "--to", str(tmp_path)]) == 2
    assert "gutenberg.org/ebooks/120" in capsys.readouterr().err
    assert main(["corpus", "fetch", "hamlet"]) == 2
    assert "there is no corpus 'hamlet'; known: tinyshakespeare, names" in capsys.readouterr().err
