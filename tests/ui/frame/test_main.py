"""What the flags say of the server."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from textgen.models.own import OwnLimits
from textgen.ui.frame.main import allowed_by, own_models, parser


@pytest.mark.parametrize(
    ("flags", "allowed"),
    [
        ([], (True, True)),
        (["--host", "0.0.0.0"], (False, False)),
        (["--root-path", "/lab"], (False, False)),
        (["--trusted-hosts", "lab.example.org"], (False, False)),
        (["--host", "0.0.0.0", "--allow-own-models"], (True, False)),
        (["--no-allow-own-models"], (False, True)),
    ],
)
def test_visitors_bring_and_train_models_where_the_server_is_this_machines_alone(
    flags: list[str], allowed: tuple[bool, bool]
) -> None:
    options = parser().parse_args(flags)
    assert astuple(allowed_by(options)) == allowed
    assert (own_models(options, OwnLimits()) is None) == (allowed == (False, False))
