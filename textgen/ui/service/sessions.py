"""What Gradio remembers of each visitor, and how little of that this page needs.

Gradio keeps a copy of the page's configuration for each session, an hour long: 126 kB for each page that was
opened. Nothing on this page changes on the server, so all sessions are one. It also works out statistics of
all its queue's events after each of them, which nobody reads here.
"""

from __future__ import annotations

from typing import Any

from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder
from gradio.utils import LRUCache

SESSIONS = 2_000  # whose answers wait to be fetched; the oldest give way
EVENTS = 100  # of the queue that are remembered
NEVER = 2**62


class OneSession(StateHolder):
    """The same state for every visitor."""

    def __init__(self, blocks: Any) -> None:
        super().__init__()
        self.set_blocks(blocks)
        self.one = SessionState(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        return self.one

    def __contains__(self, session_id: str) -> bool:
        return True


def forget_visitors(app: App) -> None:
    """From now on a server keeps nothing of those who come and go."""
    blocks = app.get_blocks()
    app.state_holder = OneSession(blocks)
    queue = blocks._queue
    queue.pending_event_ids_session = LRUCache(SESSIONS)
    queue.ANALYTICS_MAX_EVENTS, queue.ANAYLTICS_CACHE_FREQUENCY = EVENTS, NEVER
