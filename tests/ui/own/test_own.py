"""Models of visitors on a server: uploaded, imported by a worker, used, downloaded, brought back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from tests.conftest import save_tiny_model
from textgen.errors import TextgenError
from textgen.importing.run import OURS
from textgen.models.own import OwnModels
from textgen.models.registry import Registry
from textgen.ui.frame.page import build_lab, launch_options
from textgen.ui.own.upload import KEPT, Uploads, read_header
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Allowed, Laboratory

KIND = {"content-type": "application/octet-stream"}
MOST = 10**9
File = tuple[str, str, bytes]  # slot, name, content


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    root = tmp_path_factory.mktemp("visitors")
    save_tiny_model(root / "models" / "tiny", "\n abc")
    return Laboratory(
        Registry(root / "models", own=OwnModels(root / "own")), allowed=Allowed(own_models=True)
    )


@pytest.fixture(scope="module")
def client(lab: Laboratory) -> Iterator[TestClient]:
    page = build_lab(lab)
    assert isinstance(page, Page)
    options = launch_options(lab.registry)
    app, _, _ = page.launch(prevent_thread_lock=True, **options)
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        yield client
    lab.workers.close()
    page.close()


def body_of(*files: File) -> bytes:
    listed = [{"slot": slot, "name": name, "size": len(data)} for slot, name, data in files]
    return json.dumps({"files": listed}).encode() + b"\n" + b"".join(data for *_, data in files)


def upload(client: TestClient, *files: File) -> str:
    return client.post("/lab/upload", content=body_of(*files), headers=KIND).json()["upload"]


def bring(client: TestClient, name: str, **options: str) -> dict[str, Any]:
    """The last message of an import."""
    answer = client.post("/lab/stream/own/bring", json={"upload": name, **options})
    return json.loads(answer.text.strip().splitlines()[-1])


def checkpoint() -> bytes:
    """A tutorial's one-hot LSTM over four characters."""
    net, head = torch.nn.LSTM(4, 5), torch.nn.Linear(5, 4)
    state = {f"lstm.{key}": value for key, value in net.state_dict().items()}
    state |= {f"fc.{key}": value for key, value in head.state_dict().items()}
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def test_a_checkpoint_is_uploaded_imported_used_downloaded_and_brought_back(
    client: TestClient, lab: Laboratory
) -> None:
    own = lab.own
    assert own
    files = (
        ("checkpoint", "Größe & <b>.pt", checkpoint()),
        ("vocab", "v.json", b'["a","b","c","\\n"]'),
        ("corpus", "text.txt", b"abc\ncab\n" * 9),
    )
    made = bring(client, upload(client, *files), title="Mañana <script>")
    entry, report = made["entry"], made["report"]
    assert (made["done"], entry["title"], report["kind"]) == (
        "made",
        "Mañana <script>",
        "a PyTorch state dict",
    )
    assert any("text.txt costs" in note and "a guess among 4" in note for note in report["notes"])
    assert lab.registry.get(entry["name"]).config.title == "Mañana <script>"
    assert lab.registry.names() == ["tiny"]
    for path in ("/config", "/lab/x/shell/config.js", "/gradio_api/info", "/"):
        assert entry["name"] not in client.get(path).text

    key = {"name": entry["name"], "key": entry["key"]}
    zipped = client.post("/lab/own/download", json=key)
    assert zipfile.ZipFile(io.BytesIO(zipped.content)).testzip() is None
    again = bring(client, upload(client, ("checkpoint", "mine.zip", zipped.content)))
    assert again["report"]["kind"] == OURS
    assert again["entry"]["title"] == "Mañana <script>"
    assert again["entry"]["name"] != entry["name"]
    refused = client.post("/lab/own/download", json={**key, "key": "no"})
    assert (refused.status_code, "only whoever brought" in refused.json()["problem"]) == (400, True)
    kept = {path.name for path in own.root.iterdir()} - {".secret"}
    assert kept == {entry["name"], again["entry"]["name"]}


def test_what_cannot_be_imported_is_a_sentence_and_leaves_nothing(
    client: TestClient, lab: Laboratory
) -> None:
    assert lab.own
    before = {path.name for path in lab.own.root.iterdir()}
    message = bring(client, upload(client, ("checkpoint", "trap.pt", b"cos\nsystem\n(S'true'\ntR.")))
    assert "trap.pt is a pickle that holds more than tensors" in message["problem"]
    message = bring(
        client, upload(client, ("checkpoint", "config.json", b"{}"), ("checkpoint", "b.csv", b""))
    )
    assert str(lab.own.root) not in message["problem"]
    assert "no longer on the server; choose them again" in bring(client, "unknown")["problem"]
    assert {path.name for path in lab.own.root.iterdir()} == before


HEADERS: dict[str, tuple[object, str]] = {
    "none": ({}, "files must be 1 to 1,000"),
    "no list": ({"files": 3}, "files must be 1 to 1,000"),
    "empty": ({"files": []}, "files must be 1 to 1,000, got 0"),
    "many": ({"files": [{}] * 1_001}, "got 1001"),
    "no slot": ({"files": [{"slot": "../x", "name": "a", "size": 1}]}, "a file must have a slot"),
    "no size": ({"files": [{"slot": "checkpoint", "name": "a", "size": -1}]}, "a file must have a slot"),
    "large": (
        {"files": [{"slot": "checkpoint", "name": "a", "size": MOST + 1}]},
        "at most 1,000,000,000 bytes",
    ),
    "twice": (
        {"files": [{"slot": "checkpoint", "name": n, "size": 1} for n in "aA"]},
        "must be a checkpoint,",
    ),
    "no checkpoint": ({"files": [{"slot": "vocab", "name": "a", "size": 1}]}, "must be a checkpoint,"),
    "two vocabularies": (
        {
            "files": [
                {"slot": slot, "name": name, "size": 1}
                for slot, name in (("checkpoint", "a"), ("vocab", "b"), ("vocab", "c"))
            ]
        },
        "must be a checkpoint,",
    ),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_list_of_files_is_judged_before_one_is_read(case: str) -> None:
    data, says = HEADERS[case]
    with pytest.raises(TextgenError, match=says):
        read_header(json.dumps(data).encode(), MOST)


@pytest.mark.parametrize("name", ["../../x.pt", "/etc/passwd", "C:\\x.pt", "a\0b", ".secret", "", "x" * 500])
def test_a_name_leads_nowhere(name: str) -> None:
    (file,) = read_header(
        json.dumps({"files": [{"slot": "checkpoint", "name": name, "size": 1}]}).encode(), MOST
    )
    assert Path(file.name).name == file.name
    assert file.name.strip(". ")
    assert len(file.name) <= 101


@pytest.mark.parametrize(
    ("send", "status", "says"),
    [
        (lambda c: c.post("/lab/upload", content=b"{}\n"), 415, "must be application/octet-stream"),
        (lambda c: c.post("/lab/upload", content=b"nothing\n", headers=KIND), 400, "cannot be read"),
        (
            lambda c: c.post("/lab/upload", content=body_of(("checkpoint", "a", b"xyz"))[:-1], headers=KIND),
            400,
            "broke off",
        ),
        (
            lambda c: c.post(
                "/lab/upload", content=b"{}\n", headers={**KIND, "Sec-Fetch-Site": "cross-site"}
            ),
            403,
            "another site",
        ),
    ],
)
def test_an_upload_that_is_none_is_a_sentence(
    client: TestClient, lab: Laboratory, send: Callable[[TestClient], Any], status: int, says: str
) -> None:
    answer = send(client)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert lab.own
    assert not list(lab.own.root.glob(".part-*"))


def test_what_nobody_imports_goes(client: TestClient, lab: Laboratory) -> None:
    (room,) = client.app.get_blocks().own  # type: ignore[attr-defined]
    uploads: Uploads = room.uploads
    name = upload(client, ("checkpoint", "a.pt", b"x"))
    folder = uploads.waiting[name].folder
    assert folder.exists()
    uploads.waiting[name] = type(uploads.waiting[name])(
        folder, uploads.waiting[name].room, lab.clock() - KEPT - 1
    )
    uploads.sweep()
    assert not folder.exists()
    with pytest.raises(TextgenError, match="choose them again"):
        uploads.take(name)
