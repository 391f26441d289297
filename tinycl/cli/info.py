"""``tinycl info``: what a board is, what it has learned, how it fares."""

from __future__ import annotations

from tinycl.cli import options as o
from tinycl.files import write_json
from tinycl.text import size

__all__ = ["command"]


def command(
    port: o.Port = None,
    board: o.Board = None,
    flash: o.Flash = None,
    patience: o.Patience = None,
    json: o.Json = None,
) -> None:
    """Ask a board what it is, what it has learned, and how it fares.

    Without --port and --board: the only board that is plugged in.

    Examples:

        tinycl info

        tinycl info --port /dev/ttyACM0 --json info.json
    """
    from rich.console import Console

    from tinycl.table import Table

    with o.open_board(port, board, flash, patience) as client:
        info, stats = client.info(), client.stats()
        names = client.names() if info.has_model else []
        where = client.name
    rows = {
        "port": where,
        "board": f"{info.platform}, {info.uid or 'no serial number'}",
        "tinycl": f"{info.version}, {info.backend or 'no'} kernels",
        "heap free": size(info.heap_free) if info.heap_free else "not known",
    }
    if info.has_model:
        h, w, c = info.input_shape
        state = "open" if info.is_open else "closed"
        rows |= {
            "model": f"{info.fingerprint}, {size(info.model_bytes)}, pixels {h} x {w} x {c}",
            "learned": f"{info.learned} samples; experience {info.experience} {state}",
            "state": f"fingerprint {info.state or 0:08x}, saved {info.generation} times",
            "classes": ", ".join(name for name in names if name) or "no names",
        }
    if info.warning:
        rows["warning"] = info.warning
    saves, written = int(stats["saves"]), int(stats["save_bytes"])
    rows["since it started"] = f"{saves} saves" + (
        f" of {size(written // saves)} on average" if saves else ""
    )
    rows["requests"] = f"{stats['frames']}, {stats['bad_frames']} damaged"
    table = Table(show_header=False, box=None)
    table.words("", whole=True)
    table.words("")
    for name, text in rows.items():
        table.add_row(name, text)
    Console().print(table, highlight=False, markup=False)
    write_json(json, {**info.as_dict(), "names": names, "stats": stats, "port": where})
