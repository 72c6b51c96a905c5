"""A text that somebody else wrote, read in Generate's room."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from textgen import receipts


def test_a_text_is_read_coloured_and_asked_about(shared_page: LabPage) -> None:
    page = shared_page.page
    page.get_by_role("tab", name="Generate", exact=True).click()
    shared_page.set_sidebar(settings={"temperature": 1, "top_k": 5})
    room = shared_page.view("generate").locator(".read-room")
    room.evaluate("(room) => { room.open = true; }")  # whatever an earlier visit left
    room.get_by_label("Text to read").fill("")
    room.get_by_role("button", name="Read", exact=True).click()
    expect(room.get_by_role("alert")).to_contain_text("There is no text yet")
    room.get_by_label("Text to read").fill("To be, or not to be\n<b>7</b>")
    room.get_by_label("A second temperature").fill("0,5")
    room.get_by_role("button", name="Read", exact=True).click()
    texts = room.locator(".read-text")
    expect(texts).to_have_count(2)
    expect(texts.first).to_have_text("To be, or not to be\n<b>7</b>", use_inner_text=True)
    expect(room.locator("h3").nth(1)).to_contain_text("T = 0.5")
    expect(texts.first.locator(".read-unknown")).to_have_text(["<", ">", "7", "<", "/", ">"])
    texts.first.locator("[data-piece]").nth(1).click()
    expect(room.locator(".read-facts").first).to_contain_text("rank 2")
    texts.first.press("ArrowRight")
    expect(texts.first.locator(".read-chosen")).to_have_text(" ", use_inner_text=False)
    room.get_by_role("button", name="Not allowed").click()
    assert 0 < texts.first.locator(".s4").count() < 20
    read = receipts.read(shared_page.saved("generate", "Receipt", menu=2).read_text(encoding="utf-8"))
    assert (read.kind, read.request["settings"]["temperature"]) == ("reading", 0.5)
    assert read.request["text"].startswith("To be, or not to be\n")
    table = shared_page.saved("generate", "CSV", menu=1).read_text(encoding="utf-8")
    assert table.startswith("text,token,id,surprise (bits),rank,")


DROP = """([selector, files]) => {
    const dataTransfer = new DataTransfer();
    for (const [name, bytes] of files) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    return document.querySelector(selector).dispatchEvent(event);
}"""


def test_files_from_other_machines_are_read_or_told_and_never_leave_the_page(shared_page: LabPage) -> None:
    page = shared_page.page
    page.get_by_role("tab", name="Generate", exact=True).click()
    room = shared_page.view("generate").locator(".read-room")
    shared_page.set_sidebar()
    room.evaluate("(room) => { room.open = true; }")
    field, spanish = room.get_by_label("Text to read"), "El niño soñó.\r\n".encode("cp1252")
    letter = {"name": "carta.txt", "mimeType": "text/plain", "buffer": spanish}
    room.get_by_label("Open a file").set_input_files(letter)  # type: ignore[arg-type]
    expect(field).to_have_value("El niño soñó.\n")
    expect(room.locator(".read-size")).to_contain_text("“carta.txt” was read as Windows-1252: 14 characters.")
    for files, sentence in (
        ([("photo.png", [0x89, 0x50, 0x4E, 0x47, 0])], "“photo.png” must be a text file"),
        ([("a.txt", [97]), ("b.txt", [98])], "One file goes into this field, got 2"),
    ):
        page.evaluate(DROP, [".read-field", files])
        expect(room.get_by_role("alert")).to_contain_text(sentence)
        expect(field).to_have_value("El niño soñó.\n")
    page.evaluate(DROP, ["#context textarea", [("c.txt", [*spanish])]])
    expect(page.locator("#context textarea")).to_have_value("El niño soñó.\n")
    page.get_by_role("button", name="Undo: “c.txt” read as Windows-1252").click()
    expect(page.locator("#context textarea")).to_have_value("The king is d")
    page.evaluate(DROP, [".read-field", [("b.txt", [98])]])
    expect(field).to_have_value("b")
    assert page.evaluate(DROP, ["body", [("b.txt", [98])]]) is False  # the browser would open it instead
