"""A visitor's own model: dropped on the page, used by every tab, kept by the browser, deleted."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from tests.conftest import save_tiny_model
from textgen.ui.own.tab import zipped

DROP = """(place, [name, bytes]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    place.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


def test_a_zip_that_is_dropped_is_a_model_of_this_browser_until_it_is_deleted(
    shared_page: LabPage, tmp_path: Path
) -> None:
    page, room, title = shared_page.page, shared_page.view("own"), f"<b>{tmp_path.name}</b>"
    shared_page.set_sidebar(context="abc")
    page.get_by_role("tab", name="Model", exact=True).click()
    bringing = room.locator("details.own-bring")
    bringing.evaluate("(bringing) => { bringing.open = true; }")
    place = bringing.locator(".own-drop")
    place.evaluate(DROP, ["trap.pt", list(b"no checkpoint")])
    expect(place).to_contain_text("trap.pt, 1 kB")
    bringing.get_by_role("button", name="Bring it").click()
    expect(bringing.get_by_role("alert")).to_contain_text("Trap.pt is a pickle that holds more than tensors")

    model = b"".join(zipped(save_tiny_model(tmp_path / "tiny", "\n abc"), "mine"))
    place.evaluate(DROP, ["mine.zip", list(model)])
    expect(place).to_contain_text("mine.zip")
    bringing.get_by_label("Title").fill(title)
    bringing.get_by_role("button", name="Bring it").click()
    expect(bringing.locator(".own-report")).to_contain_text(f"{title} is here")
    chosen = page.locator("#model .picker-button b")
    expect(chosen).to_have_text(title)
    page.get_by_role("tab", name="Next token", exact=True).click()
    bars = shared_page.view().locator(".panel").first.get_by_role("button", name="⏎")
    expect(bars.first).to_be_visible()
    page.reload()
    expect(chosen).to_have_text(title)

    page.get_by_role("tab", name="Model", exact=True).click()
    row = room.locator(".own-row").filter(has_text=title)
    row.get_by_role("button", name=f"Delete {title}").click()
    row.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    expect(chosen).to_have_text("Shakespeare, characters")
