"""What is measured for a part of the figures, and the lines of pages that quote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.bench.pico import TIMED
from tools.figures.lines import Line
from tools.figures.measurements import (
    Values,
    cards,
    code,
    costs,
    demo,
    fits,
    heads,
    imports,
    instructions,
    native_code,
    pico,
    study,
    unknown,
)

__all__ = ["PARTS", "Part"]

_BOARDS = "tinycl/docs/boards.md"
_PERFORMANCE = "tinycl/docs/performance.md"
_HEADS = "tinycl/docs/heads.md"
_SOUND = "tinycl/docs/sound.md"
_STUDY = "tinycl/docs/study.md"
_ZOO = "tinycl/docs/zoo.md"


@dataclass(frozen=True)
class Part:
    """A measurement, which returns figures by name, and the lines that quote them."""

    measure: Callable[[], Values]
    lines: tuple[Line, ...]


def _row(title: str, *fields: str) -> str:
    """A row of a table; an empty cell where a field is empty."""
    return f"| {title} |" + "".join(f" {field} |" if field else " |" for field in fields) + "\n"


def _columns(name: str) -> tuple[tuple[str, str], ...]:
    """Both tasks of the study, in integers and in float32."""
    return tuple((task, f"{name}{kind}") for task in ("mnist", "cifar") for kind in ("", "_float"))


_CONV = "binary convolution 3×3, 64→64, per multiply-accumulate"  # noqa: RUF001
_POINTS = "binary convolution 1×1, 64→64, per multiply-accumulate"  # noqa: RUF001
_FIRST = "first convolution, 8-bit, per multiply-accumulate"
_STEP = "head, predict and learn, 256 features × 10 classes, with its Python"  # noqa: RUF001
_ADD = "class sums: a sample of 1,024 features joins its class"
_FLOAT = "float32 convolution 3×3 without a floating-point unit, per multiply-accumulate"  # noqa: RUF001
_BACKBONES = (
    "colour-s",
    "colour-s2",
    "colour-l",
    "grey",
    "grey2",
    "motion",
    "motion6",
    "speech",
)
_LDA = "6·C·D + 7·D + rank·(2·D + rank + 13) and little more"
_FITTED = ("demo", "motion", "grey", "colour-s")
_ON_A_PICO = (
    ("`motion`", "motion"),
    ("`grey`", "grey"),
    ("`colour-s`, weights streamed", "colour-s"),
)
_TITLES = (("`lda`", "lda"), ("`mean`", "mean"), ("`cwr`, 200 latents", "cwr"))

PARTS = {
    "demo": Part(
        demo,
        tuple(
            Line("README.md", template)
            for template in (
                "(0, 1, 2, 3, 4)   {first:.1f}%",
                "experience 5 (9)               {last:.1f}%",
                "by naive training                    {naive:.1f}%",
                "\nforgetting                                     {forgetting:.1f}%",
                "samples streamed             {samples}\n",
                "model                    {model:.1f} KiB\n",
                "head                    {head:.1f} KiB\n",
                "differ from LCE   {differing} of {bits:,}\n",
            )
        ),
    ),
    "kernels": Part(
        instructions,
        tuple(
            Line(_PERFORMANCE, template)
            for template in (
                _row(
                    _CONV,
                    "{m3_binary_conv_3x3_64_64_native_mac:.2f}",
                    "{m3_binary_conv_3x3_64_64_viper_mac:.2f}",
                    "{m3_binary_conv_3x3_64_64_reference_mac:.0f}",
                    "{m0_binary_conv_3x3_64_64_native_mac:.2f}",
                ),
                _row(
                    _POINTS,
                    "{m3_binary_conv_1x1_64_64_native_mac:.2f}",
                    "{m3_binary_conv_1x1_64_64_viper_mac:.2f}",
                    "{m3_binary_conv_1x1_64_64_reference_mac:.0f}",
                    "{m0_binary_conv_1x1_64_64_native_mac:.2f}",
                ),
                _row(
                    _FIRST,
                    "{m3_first_conv_8bit_native_mac:.1f}",
                    "{m3_first_conv_8bit_viper_mac:.0f}",
                    "{m3_first_conv_8bit_reference_mac:.0f}",
                    "{m0_first_conv_8bit_native_mac:.1f}",
                ),
                _row(
                    _STEP,
                    "{m3_head_step_256x10_native:,}",
                    "{m3_head_step_256x10_viper:,}",
                    "{m3_head_step_256x10_reference_million:.1f} M",
                    "{m0_head_step_256x10_native:,}",
                ),
                _row(
                    _ADD,
                    "{m3_lda_class_add_1024_native:,}",
                    "{m3_lda_class_add_1024_viper:,}",
                    "",
                    "",
                ),
                _row(
                    "shared covariance: a sample of 1,024 features joins 48 rows",
                    "{m3_lda_fold_1024x48_native:,}",
                    "",
                    "",
                    "",
                ),
                _row(
                    "the same with 32 rows",
                    "{m3_lda_fold_1024x32_native:,}",
                    "{m3_lda_fold_1024x32_viper_million:.1f} M",
                    "",
                    "",
                ),
                _row(
                    "shared covariance: weights of 10 classes, 512 features, 32 rows",
                    "{m3_lda_refresh_512x32x10_native_million:.1f} M",
                    "",
                    "",
                    "",
                ),
                _row(
                    _FLOAT,
                    "{m3_float_conv_3x3_8_8_native_mac:.0f}",
                    "",
                    "{m3_float_conv_3x3_8_8_reference_mac:,.0f}",
                    "{m0_float_conv_3x3_8_8_native_mac:.0f}",
                ),
            )
        )
        + tuple(
            Line(_SOUND, _row(title, f"{{m3_{name}_native:,}}", f"{{m3_{name}_viper:,}}"))
            for title, name in (
                ("a frame: 320 samples, with the Python around the kernels", "sound_frame"),
                ("a window of 49 frames for the model", "sound_window"),
            )
        ),
    ),
    "native": Part(
        native_code,
        (
            Line(
                _PERFORMANCE,
                "`tinycl_core` {core:,} bytes, `tinycl_cwr` {cwr:,}, `tinycl_lda` {lda:,} and",
            ),
            Line(
                _PERFORMANCE,
                "`tinycl_tail` {tail:,}, `tinycl_full` {full:,}, `tinycl_float` {float:,}.",
            ),
        ),
    ),
    "imports": Part(
        imports,
        tuple(
            Line(
                _PERFORMANCE,
                _row(f"`{board}`", before, f"{{{key}_files:.1f}}", rom, f"{{{key}_romfs:.1f}}"),
            )
            for board, key, before, rom in (
                ("cortex-m3", "m3", "34.8", "12.1"),  # of version 0.1
                ("cortex-m0", "m0", "44.0", "15.6"),
            )
        ),
    ),
    "zoo": Part(
        cards,
        tuple(
            Line(_ZOO, _row(title, *(field.replace("NAME", name) for name in _BACKBONES)))
            for title, field in (
                ("flash", "{NAME_flash:.1f} KiB"),
                ("instructions for a prediction, Cortex-M3", "{NAME_instructions:,}"),
            )
        ),
    ),
    "fits": Part(
        fits,
        tuple(
            Line(_BOARDS, _row(title, *(f"{{{board}_{name}}}" for name in _FITTED)))
            for title, board in (
                ("Pico | 240 KiB", "pico"),
                ("Pico W | 200 KiB", "pico-w"),
                ("Pico 2 | 486 KiB", "pico2"),
                ("ESP32 | 131 KiB in two regions", "esp32"),
                ("nRF52840 | 128 KiB", "nrf52840"),
                ("CircuitPython on a Pico W | 123 KiB", "circuitpython"),
            )
        ),
    ),
    "pico": Part(
        pico,
        tuple(
            Line(
                _BOARDS,
                _row(
                    f"{title} | `{head}`, {{{name}_{head}_rows}}",
                    f"{{{name}_{head}_taken:,}}",
                    f"{{{name}_{head}_computed:,}}",
                ),
            )
            for title, name in _ON_A_PICO
            for head in ("cwr", "lda")
        )
        + tuple(
            Line(
                _BOARDS,
                _row(
                    f"`{name}`",
                    *(
                        f"{{{name}_{kernels}_{what}}}" if name in names else ""
                        for kernels, names in TIMED.items()
                        for what in ("predict", "learn")
                    ),
                ),
            )
            for name in TIMED["native"]
        ),
    ),
    "costs": Part(
        costs,
        tuple(
            Line(
                _HEADS,
                _row(
                    f"{title} | {formula}",
                    *(f"{{{name}_{key}:,}}" for key in ("bytes", "learn", "predict", "end")),
                ),
            )
            for title, formula, name in (
                ("`lda`, 512 features, 32 rows", _LDA, "lda_512"),
                ("`lda`, 1,024 features, 64 rows", "the same", "lda_1024"),
                ("`mean`, 512 features", "6·C·D + 7·D and little more", "mean_512"),
                ("`mean`, 1,024 features", "the same", "mean_1024"),
                ("`cwr`, 512 features", "4·C·D + D and little more", "cwr_512"),
                ("`cwr`, 1,024 features", "the same", "cwr_1024"),
            )
        ),
    ),
    "study": Part(
        study,
        tuple(
            Line(_STUDY, _row(title, *(f"{{{task}_{key}}}" for task, key in _columns(name))))
            for title, name in (
                ("naive: gradient descent without memory", "naive"),
                ("CWR*", "cwr"),
                ("CWR*, 500 replayed latents", "replay"),
                ("`tail:1`, 500 latents", "tail1"),
                ("`tail:2`, 500 latents", "tail2"),
                ("joint: all classes at once, 4 epochs (upper bound)", "joint"),
            )
        )
        + tuple(
            Line(_STUDY, _row(title, f"{{mnist_{name}}}", f"{{cifar_{name}}}"))
            for title, name in (
                ("head", "deep_head"),
                ("`tail:1`, latent weights of int8", "deep_tail8"),
                ("`tail:1`, latent weights of int16", "deep_tail16"),
            )
        ),
    ),
    "ram": Part(
        code,
        tuple(
            Line(_PERFORMANCE, template)
            for template in (
                _row(
                    "predict (`tinycl flash --profile predict`), from files",
                    "{predict_heap:,}",
                ),
                _row(
                    "learn, predict, save and restore, from files, without a head",
                    "{learn_heap:,}",
                ),
                _row(
                    "learn and serve a host (`--profile serve`), from files, without a head",
                    "{serve_heap:,}",
                ),
                _row(
                    "the same frozen into the firmware (`python -m tools.release.frozen`)",
                    "{frozen:,}",
                ),
                _row("a head's code: `lda` from files, from ROMFS", "{lda_heap:,}, {lda_romfs:,}"),
                _row("a head's code: `cwr` from files, from ROMFS", "{cwr_heap:,}, {cwr_romfs:,}"),
                _row(
                    "sources with kernels in plain Python, as on CircuitPython, with `lda`",
                    "{sources:,}",
                ),
            )
        ),
    ),
    "letters": Part(
        lambda: heads("grey", "letters", "5,20,50"),
        tuple(
            Line(_HEADS, _row(title, *(f"{{{head}_{n}}}" for n in (5, 20, 50))))
            for title, head in _TITLES
        ),
    ),
    "cifar10": Part(
        lambda: heads("colour-s", "cifar10", "5,10,20,50,100,1000"),
        tuple(
            Line(_HEADS, _row(title, *(f"{{{head}_{n}}}" for n in (5, 10, 20, 50, 100, 1000))))
            for title, head in _TITLES
        ),
    ),
    "unknown": Part(
        unknown,
        tuple(
            Line(
                _HEADS,
                _row(
                    title,
                    f"{{{name}_auroc:.3f}}",
                    f"{{{name}_auroc_margin:.3f}}",
                    f"{{{name}_accepted_at_90:.0%}}",
                    f"{{{name}_coverage:.0%}}",
                    f"{{{name}_confidence:.2f}}, {{{name}_accuracy:.2f}}",
                ),
            )
            for title, name in (
                ("exercises, `motion` | 1 of 4", "exercises"),
                ("letters, `grey` | 5 of 26", "letters"),
                ("MNIST, `grey` | 2 of 10", "mnist"),
                ("CIFAR-10, `colour-s` | 2 of 10", "cifar10"),
            )
        ),
    ),
}
