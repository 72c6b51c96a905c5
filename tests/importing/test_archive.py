"""Zips of strangers: read right, or refused with a sentence; nothing is ever written outside."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import save_tiny_model
from tests.importing.conftest import import_source
from textgen.errors import TextgenError
from textgen.importing.archive import is_archive, unpacked
from textgen.importing.run import OURS
from textgen.models.folder import load

MOST = 1_000_000
Make = Callable[[zipfile.ZipFile], object]


def zipped(path: Path, make: Make) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        make(archive)
    return path


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def with_model(archive: zipfile.ZipFile, tmp_path: Path, under: str) -> None:
    for path in save_tiny_model(tmp_path / "tiny", "\n abc").iterdir():
        archive.write(path, f"{under}{path.name}")


@pytest.mark.parametrize("under", ["", "own-1/", "C\\Übung\\modelo español/", "a/b/c/"])
def test_a_model_folder_is_brought_back_wherever_it_lies(under: str, tmp_path: Path) -> None:
    def make(archive: zipfile.ZipFile) -> None:
        with_model(archive, tmp_path, under)
        for junk in ("__MACOSX/._config.json", f"{under}.DS_Store", f"{under}notes/config.json", "x/run.exe"):
            archive.writestr(junk, "junk")

    made = import_source(tmp_path, zipped(tmp_path / "mine.zip", make), title="Mein <i>Modell</i>")
    model, before = load(made.folder), load(tmp_path / "tiny")
    assert (made.kind, model.config.title) == (OURS, "Mein <i>Modell</i>")
    assert all((a == b).all() for a, b in zip(model.net.parameters(), before.net.parameters(), strict=True))
    files = {path.name for path in made.folder.iterdir()}
    assert files == {path.name for path in (tmp_path / "tiny").iterdir()}
    assert [path.name for path in made.folder.parent.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("raw", "meant"),
    [(b"Gr\x94\xe1e.pt", "Größe.pt"), (b"se\xa4al.pt", "señal.pt"), ("niño.pt".encode(), "niño.pt")],
)
def test_names_without_a_flag_are_read_as_they_were_meant(raw: bytes, meant: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x" * len(raw), b"weights")
    path = tmp_path / "a.zip"
    path.write_bytes(buffer.getvalue().replace(b"x" * len(raw), raw))
    found = unpacked(path, tmp_path / "into", MOST)
    assert (found.name, found.read_bytes()) == (meant, b"weights")


def many(archive: zipfile.ZipFile) -> None:
    for number in range(1_001):
        archive.writestr(f"{number}", "")


def long_list(archive: zipfile.ZipFile) -> None:
    for number in range(40):
        info = zipfile.ZipInfo(f"{number}")
        info.comment = b"x" * 20_000
        archive.writestr(info, "")


HOSTILE: dict[str, tuple[Make, str]] = {
    "empty": (lambda _: None, "it holds nothing; it must hold a model's folder, or one file of"),
    "up": (lambda zip_: zip_.writestr("../config.json", "{}"), r"\.\./config.json leads out of its folder"),
    "up, Windows": (lambda zip_: zip_.writestr("a\\..\\..\\x.pt", ""), "leads out of its folder"),
    "absolute": (lambda zip_: zip_.writestr("/etc/config.json", "{}"), "leads out of its folder"),
    "a drive": (lambda zip_: zip_.writestr("C:\\x.pt", ""), "leads out of its folder"),
    "a share": (lambda zip_: zip_.writestr("\\\\host\\x.pt", ""), "leads out of its folder"),
    "a link": (
        lambda zip_: zip_.writestr(entry("x.pt", stat.S_IFLNK), "/etc/passwd"),
        "is a link or a device",
    ),
    "a pipe": (lambda zip_: zip_.writestr(entry("x.pt", stat.S_IFIFO), ""), "is a link or a device"),
    "many files": (many, "must hold at most 1,000 files, got 1,001"),
    "a long list": (long_list, "the list of its files takes 80[0-9],[0-9]{3} bytes, of at most 500,000"),
    "a bomb": (lambda zip_: zip_.writestr("x.pt", bytes(MOST + 1)), "at most 1,000,000 bytes unpacked"),
    "two": (lambda zip_: [zip_.writestr(f"{name}.pt", "") for name in "ab"], "it holds a.pt, b.pt; it must"),
    "two folders": (
        lambda zip_: [zip_.writestr(f"{name}/config.json", "{}") for name in "ab"],
        "it holds several models, a, b; zip the folder of one",
    ),
    "a zip in it": (lambda zip_: zip_.writestr("x.zip", "PK"), "it holds x.zip; it must hold"),
    "twice": (
        lambda zip_: [zip_.writestr(name, "{}") for name in ("config.json", "x.json", "X.json")],
        "it holds x.json twice",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_zip_is_a_sentence(case: str, tmp_path: Path) -> None:
    make, says = HOSTILE[case]
    path = zipped(tmp_path / "a.zip", make)
    with pytest.raises(TextgenError, match=says):
        unpacked(path, tmp_path / "into", MOST)
    assert not (tmp_path / "into").exists()


def test_what_says_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", lambda zip_: zip_.writestr("x.pt", bytes(5_000)))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 5_000), struct.pack("<I", 50)))
    with pytest.raises(TextgenError, match="it is damaged, or packed in a way that we do not read"):
        unpacked(path, tmp_path / "into", MOST)


def test_what_says_far_more_than_it_packs_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", lambda zip_: zip_.writestr("x.pt", bytes(50_000_001)))
    with pytest.raises(TextgenError, match="bytes unpack to 50,000,001, as no weights do"):
        unpacked(path, tmp_path / "into", 10**9)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no zip at all"])
def test_what_is_no_zip_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(TextgenError, match="it is no zip, damaged, or not all there"):
        is_archive(path)
