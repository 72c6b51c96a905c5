"""Zips as they come from strangers: judged by their list before anything is unpacked, and only as needed.

Nothing is written under a name from the archive but plain files of one folder, so no name can lead out of it.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj

from textgen.importing.found import listed, refused
from textgen.models import config
from textgen.models.names import plain_name

MAX_ENTRIES, MAX_LIST = 1_000, 500_000  # files in a zip, and bytes of its list of them
MAX_TORCH_LIST = 30_000_000  # bytes of the list in a file of PyTorch's, which holds one file a tensor
RATIO, RATIO_FROM = 100, 50_000_000  # unpacked to packed, of what takes so many bytes: weights barely shrink
SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".keras", ".h5", ".hdf5", ".safetensors")
JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)", re.IGNORECASE)
DRIVE = re.compile(r"^[A-Za-z]:")
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # names of a model folder's files
UTF8, ENCRYPTED = 0x800, 0x1  # flags of an entry
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
AGAIN = "zip the model's folder, or its one file, again"
HOLDS = f"it must hold a model's folder, or one file of {', '.join(SUFFIXES)}"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive."""

    parts: tuple[str, ...]  # of its path
    info: zipfile.ZipInfo


def is_archive(path: Path) -> bool:
    """Whether a file is a zip of somebody's, not one of PyTorch's or Keras'. Raises ModelError, OSError."""
    if path.suffix.lower() != ".zip" or path.is_dir():
        return False
    if not zipfile.is_zipfile(path):
        raise refused(path, "it is no zip, damaged, or not all there", AGAIN)
    names = [info.filename for info in entries_in(path, MAX_TORCH_LIST)]
    return not any(name.endswith("data.pkl") for name in names) and "model.weights.h5" not in names


def unpacked(path: Path, into: Path, most: int) -> Path:
    """The model folder, or the one checkpoint, in a zip, laid in a new folder; at most `most` bytes of it.

    Raises ModelError for an archive that is hostile, damaged, or holds neither.
    """
    found = entries_in(path, MAX_LIST)
    if len(found) > MAX_ENTRIES:
        raise refused(path, f"it must hold at most {MAX_ENTRIES:,} files, got {len(found):,}", AGAIN)
    entries = [entry for info in found if (entry := checked(path, info))]
    chosen = chosen_from(path, entries)
    check_sizes(path, chosen, most)
    into.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in chosen:
                with archive.open(entry.info) as packed, (into / entry.parts[-1]).open("xb") as file:
                    copyfileobj(packed, file)
    except BROKEN as error:
        raise refused(path, "it is damaged, or packed in a way that we do not read", AGAIN) from error
    return into if is_folder(chosen) else into / chosen[0].parts[-1]


def entries_in(path: Path, most: int) -> list[zipfile.ZipInfo]:
    """The list of a zip, of at most so many bytes: it is held in memory. Raises ModelError, OSError."""
    try:
        with path.open("rb") as file:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # what ZipFile goes by
        size = end[zipfile._ECD_SIZE] if end else 0  # type: ignore[attr-defined]
        if size > most:
            raise refused(path, f"the list of its files takes {size:,} bytes, of at most {most:,}", AGAIN)
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except BROKEN as error:
        raise refused(path, "it is damaged, or not all there", AGAIN) from error


def checked(path: Path, info: zipfile.ZipInfo) -> Entry | None:
    """A file in a zip; None for folders and what systems leave there. Raises ModelError for a hostile one."""
    name = true_name(info).replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or DRIVE.match(name) or ".." in parts or "\0" in name:
        raise refused(path, f"{listed([name])} leads out of its folder", AGAIN)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(path, f"{listed([name])} is a link or a device, not a file", AGAIN)
    if info.is_dir() or kind == stat.S_IFDIR or not parts or JUNK.search(name):
        return None
    if info.flag_bits & ENCRYPTED:
        raise refused(path, "it is locked with a password", "zip it again without one")
    if info.compress_type not in PACKED:
        raise refused(path, "it is packed in a way that we do not read", AGAIN)
    return Entry(parts, info)


def true_name(info: zipfile.ZipInfo) -> str:
    """A name as it was meant: macOS writes UTF-8 without saying so, Windows its old code page."""
    if info.flag_bits & UTF8:
        return unicodedata.normalize("NFC", info.filename)
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError:
        return raw.decode("cp850")  # letters that cp437 has stand at the same places


def chosen_from(path: Path, entries: Sequence[Entry]) -> list[Entry]:
    """What is unpacked: the files beside the one outermost config.json, else the one checkpoint."""
    configs = sorted((entry.parts for entry in entries if entry.parts[-1] == config.FILE), key=len)
    if configs and (len(configs) == 1 or len(configs[0]) < len(configs[1])):
        folder = configs[0][:-1]
        inside = [entry for entry in entries if entry.parts[:-1] == folder]
        chosen = [entry for entry in inside if PLAIN.fullmatch(entry.parts[-1])]
    elif configs:
        folders = ["/".join(parts[:-1]) or "." for parts in configs]
        raise refused(path, f"it holds several models, {listed(folders)}", "zip the folder of one")
    else:
        chosen = [entry for entry in entries if entry.parts[-1].lower().endswith(SUFFIXES)]
        if len(chosen) != 1:
            names = listed(["/".join(entry.parts) for entry in chosen or entries]) or "nothing"
            raise refused(path, f"it holds {names}", HOLDS)
        chosen = [Entry((plain_name(chosen[0].parts[-1]),), chosen[0].info)]
    twice = [
        name for name, count in Counter(entry.parts[-1].lower() for entry in chosen).items() if count > 1
    ]
    if twice:
        raise refused(path, f"it holds {listed(twice)} twice", AGAIN)
    return chosen


def check_sizes(path: Path, chosen: Sequence[Entry], most: int) -> None:
    """Raises ModelError for what would take too much room, as far as the list says; no more is unpacked."""
    size = sum(entry.info.file_size for entry in chosen)
    packed = sum(entry.info.compress_size for entry in chosen)
    if size > most:
        raise refused(
            path, f"it must take at most {most:,} bytes unpacked, got {size:,}", "bring a smaller one"
        )
    if size > RATIO_FROM and size > RATIO * packed:
        reason = f"it says that {packed:,} bytes unpack to {size:,}, as no weights do"
        raise refused(path, reason, AGAIN)


def is_folder(chosen: Sequence[Entry]) -> bool:
    return any(entry.parts[-1] == config.FILE for entry in chosen)
