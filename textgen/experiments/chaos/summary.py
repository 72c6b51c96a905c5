"""A picture of temperature chaos in a few numbers, and in words."""

from __future__ import annotations

from dataclasses import dataclass

from textgen.decoding.stream import NO_TOKEN
from textgen.experiments.chaos.rows import Chaos


@dataclass(frozen=True, slots=True)
class Summary:
    """What a grid of R temperatures came to."""

    rows: int  # that have one above them: R − 1
    differing: int  # of these, whose text differs from the one above
    shared: int  # tokens that a row begins with like the one above: half of the rows share so many or more
    earliest: int | None  # the row that differs first of all; None where no row does
    narrowest: float | None  # the smallest step in temperature that changed a text
    alike: tuple[int, int]  # first and last row of the longest run of one text


def summarize(chaos: Chaos) -> Summary:
    """Count the divergences of a picture."""
    temperatures, above = chaos.settings.temperatures, chaos.divergences[1:]
    steps = {row: at for row, at in enumerate(above, start=1) if at is not None}
    return Summary(
        rows=len(above),
        differing=len(steps),
        shared=sorted(shared(chaos, row) for row in range(1, len(chaos.texts)))[len(above) // 2],
        earliest=min(steps, key=lambda row: steps[row]) if steps else None,
        narrowest=min((temperatures[row] - temperatures[row - 1] for row in steps), default=None),
        alike=longest_run(chaos),
    )


def shared(chaos: Chaos, row: int) -> int:
    """The tokens with which a row begins like the one above: all of its own where it never differs."""
    at = chaos.divergences[row]
    return int((chaos.ids[row] != NO_TOKEN).sum()) if at is None else at


def longest_run(chaos: Chaos) -> tuple[int, int]:
    """First and last row of the longest run of one text, the first of several."""
    starts = [row for row, at in enumerate(chaos.divergences) if row == 0 or at is not None]
    ends = [*(start - 1 for start in starts[1:]), len(chaos.divergences) - 1]
    return max(zip(starts, ends, strict=True), key=lambda run: run[1] - run[0])


def sentences(chaos: Chaos) -> tuple[str, ...]:
    """The summary in words, and what it does not say."""
    found, temperatures = summarize(chaos), chaos.settings.temperatures
    spoken = [f"{counted(found.differing, found.rows)} from the one above; {shared_words(found)}."]
    if found.earliest is not None and found.narrowest is not None:
        low, high = temperatures[found.earliest - 1 : found.earliest + 1]
        token = (chaos.divergences[found.earliest] or 0) + 1
        spoken.append(
            f"A step of {found.narrowest:.3g} in temperature is enough for another text; the earliest "
            f"difference is at token {token:,}, from T = {low:g} to {high:g}."
        )
    first, last = found.alike
    if last > first and found.differing:
        spoken.append(
            f"The longest unchanged range is T = {temperatures[first]:g} to {temperatures[last]:g}."
        )
    return (*spoken, honest(chaos))


def counted(differing: int, rows: int) -> str:
    """`3 of 40 rows differ`."""
    return f"{differing:,} of {rows:,} {'row differs' if rows == 1 or differing == 1 else 'rows differ'}"


def shared_words(found: Summary) -> str:
    one = "token" if found.shared == 1 else "tokens"
    return f"half of all rows share {found.shared:,} {one} with it, or more"


def honest(chaos: Chaos) -> str:
    """What holds for this picture alone."""
    return (
        f"This is one seed and {chaos.settings.length:,} tokens: another seed differs elsewhere, and "
        "rows that are alike here may differ later."
    )
