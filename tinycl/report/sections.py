"""What each part of the page says: words and strengths, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from tinycl.report.record import RunRecord
from tinycl.text import amount, percent, points, size

__all__ = [
    "Bar",
    "Fact",
    "confidence_facts",
    "headline",
    "memory_bars",
    "parity_facts",
    "stream_facts",
    "tiles",
]


@dataclass(frozen=True)
class Fact:
    """A line of a table or a tile; `good` is None where it is neither good nor bad."""

    name: str
    value: str
    note: str = ""
    good: bool | None = None


@dataclass(frozen=True)
class Bar:
    """One bar: `share` of the longest one."""

    name: str
    value: str
    share: float
    style: str
    note: str = ""


def headline(run: RunRecord) -> tuple[str, str]:
    """Return the main result as a sentence, and a second one that compares it."""
    every = f"all {run.classes} classes" if run.classes else "all classes"
    experiences = len(run.accuracy_after_experience)
    first = f"{percent(run.final_accuracy)} right on {every}"
    first += f" after {experiences} experiences." if experiences > 1 else "."
    if run.naive_final_accuracy is None:
        return first, ""
    gain = run.final_accuracy - run.naive_final_accuracy
    naive = percent(run.naive_final_accuracy)
    second = f"The same stream, learned by naive training, ends at {naive}"
    return first, f"{second}: {points(abs(gain))} {'lower' if gain >= 0 else 'higher'}."


def tiles(run: RunRecord) -> list[Fact]:
    """Return the few figures that belong at the top."""
    found = []
    if run.forgetting is not None:
        found.append(Fact("Forgetting", points(run.forgetting), "lost again on earlier classes"))
    if run.replay_bytes:
        found.append(Fact("Replay memory", size(run.replay_bytes), _smaller(run)))
    if run.samples_streamed is not None:
        speed = run.samples_per_second
        note = f"{amount(speed)} a second" if speed is not None else ""
        found.append(Fact("Samples streamed", amount(run.samples_streamed), note))
    if run.bits_differing is not None and run.bits_checked_against_lce:
        checked = f"of {amount(run.bits_checked_against_lce)} compared with LCE"
        good = run.bits_differing == 0
        found.append(Fact("Bits differing", amount(run.bits_differing), checked, good))
    return found


def memory_bars(run: RunRecord) -> list[Bar]:
    """Return all memories on one linear scale, so that 32 times looks like 32 times."""
    slots = f"{amount(run.replay_slots)} latents" if run.replay_slots is not None else "latents"
    sizes = [
        ("Replay memory on the board", run.replay_bytes, "board", f"{slots} as packed bits"),
        ("The same latents as float32", run.replay_bytes_float32, "naive", _larger(run)),
        ("Backbone", run.model_bytes, "other", "model.tcm"),
        ("Head", run.head_bytes, "other", "weights, and what they are made of"),
    ]
    longest = max((nbytes for _, nbytes, _, _ in sizes if nbytes), default=1)
    return [
        Bar(name, size(nbytes), nbytes / longest, style, note)
        for name, nbytes, style, note in sizes
        if nbytes
    ]


def confidence_facts(run: RunRecord) -> list[Fact]:
    """Return how sure the board was, and of what it was not."""
    told = run.confidence or {}
    found = []
    for key, name, note in (
        ("mean", "Mean confidence", "the calibrated one is as high as the accuracy"),
        ("accuracy", "Accuracy", "on the same samples"),
        ("calibration_error", "Calibration error", "mean gap between confidence and accuracy"),
        ("known", "Samples called known", "of classes that were taught"),
        ("unknown_accepted", "Samples called known", "of classes that were not taught"),
    ):
        if key in told:
            found.append(Fact(name, percent(told[key]), note))
    if "unknown_auroc" in told:
        note = "chance that a sample of a class taught gets more confidence than one of another"
        found.append(Fact("AUROC of unknown samples", f"{told['unknown_auroc']:.3f}", note))
    return found


def stream_facts(run: RunRecord) -> list[Fact]:
    """Return what went over the wire."""
    found = []
    if run.samples_streamed is not None:
        found.append(Fact("Samples", amount(run.samples_streamed)))
    if run.samples_per_second is not None:
        found.append(Fact("Samples a second", amount(run.samples_per_second)))
    if run.bytes_sent is not None:
        found.append(Fact("Sent to the board", size(run.bytes_sent)))
    if run.bytes_received is not None:
        found.append(Fact("Received from it", size(run.bytes_received)))
    if run.retransmissions is not None:
        note = "each sample was learned once all the same" if run.retransmissions else ""
        found.append(Fact("Retransmissions", amount(run.retransmissions), note))
    return found


def parity_facts(run: RunRecord) -> list[Fact]:
    """Return whether laptop, board and LCE computed the same."""
    found = []
    if run.bits_checked_against_lce is not None:
        checked = amount(run.bits_checked_against_lce)
        if run.bits_differing is None:
            found.append(Fact("Latent bits compared with LCE", checked))
        else:
            good = run.bits_differing == 0 if run.bits_checked_against_lce else None
            note = f"{amount(run.bits_differing)} differ"
            found.append(Fact("Latent bits compared with LCE", checked, note, good))
    board, simulator = run.board_fingerprint, run.simulator_fingerprint
    if board is not None and simulator is not None:
        same = board == simulator
        note = "the simulator ends in the same state" if same else f"the simulator: {simulator}"
        found.append(Fact("Fingerprint of what the board learned", board, note, same))
    elif board is not None or simulator is not None:
        where = "the board" if board is not None else "the simulator"
        found.append(Fact(f"Fingerprint of what {where} learned", board or simulator or ""))
    return found


def _smaller(run: RunRecord) -> str:
    ratio = _ratio(run)
    return f"{ratio} less than float32" if ratio else ""


def _larger(run: RunRecord) -> str:
    ratio = _ratio(run)
    return f"{ratio} as much" if ratio else ""


def _ratio(run: RunRecord) -> str:
    if not run.replay_bytes or not run.replay_bytes_float32:
        return ""
    return (
        f"{amount(round(run.replay_bytes_float32 / run.replay_bytes, 1))}\N{MULTIPLICATION SIGN}"
    )
