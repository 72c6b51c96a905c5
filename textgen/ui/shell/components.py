"""Our HTML components: a persistent root in the page, filled by the scripts in `ui/static`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from textgen.ui.shell import assets


class LabComponent(gr.HTML):
    """A component whose value is JSON and whose page side is a factory in `ui/static`.

    The template is constant, so no value ever becomes HTML: the scripts set text alone. `config`
    reaches the factory once; `events` are the names that it may trigger.
    """

    def __init__(self, factory: str, config: dict[str, Any], events: Sequence[str], **kwargs: Any) -> None:
        names = ", ".join(f"'{name}'" for name in events)
        super().__init__(
            html_template='<div class="lab-root"></div>',
            js_on_load=(
                f"TemperatureLab.mount('{factory}', {{element, trigger, props, server, watch}}, [{names}])"
            ),
            head=assets.script_tags(),
            apply_default_css=False,
            config=config,
            **{"elem_id": f"lab-{factory}", **kwargs},
        )

    def preprocess(self, payload: Any) -> Any:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}


class Unchecked:
    """A component that hands on what was sent: the handlers judge it, and say what is wrong in a sentence.

    Gradio's own checks would end in its words, and in a traceback in the log.
    """

    def preprocess(self, payload: Any) -> Any:
        return payload

    def get_block_name(self) -> str:
        """What the browser knows the component as."""
        return type(self).__mro__[2].__name__.lower()


class Slider(Unchecked, gr.Slider): ...


class Radio(Unchecked, gr.Radio): ...


class Number(Unchecked, gr.Number): ...
