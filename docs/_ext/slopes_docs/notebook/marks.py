"""Markdown's marks around a piece of text, and TeX macros within one."""

from __future__ import annotations

import re

SPECIAL = re.compile(r"([\\`*_$])")


def escape(text: str) -> str:
    """Keep Markdown from reading marks into a text."""
    return SPECIAL.sub(r"\\\1", text).replace("<", "&lt;")


def code(text: str) -> str:
    """Write a piece of code in a line."""
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def fenced(text: str, language: str) -> str:
    """Write a block of code."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def hanging(mark: str, text: str) -> str:
    """Put a mark before a text and indent what follows."""
    return mark + " " + text.replace("\n", "\n" + " " * (len(mark) + 1)).replace("\n   \n", "\n\n")


def quoted(text: str) -> str:
    """Turn a text into a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def details(heading: str, text: str) -> str:
    """Fold a text behind its heading."""
    plain = re.sub(r"\\([\\`*_$])", r"\1", heading)  # Markdown is not read inside a summary
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", plain)
    return f"<details>\n<summary>{plain}</summary>\n\n{text}\n\n</details>"


def expand_macro(tex: str, name: str, meaning: str) -> str:
    """Write out one TeX macro wherever a formula has it."""
    count = max([int(digit) for digit in re.findall(r"#(\d)", meaning)], default=0)
    argument = r"\s*(?:\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}|(\\[A-Za-z]+|[^\s{}]))"
    pattern = re.compile(re.escape(name) + r"(?![A-Za-z])" + argument * count)

    def written(found: re.Match[str]) -> str:
        text = meaning
        for number in range(count):
            braced, single = found[2 * number + 1], found[2 * number + 2]
            text = text.replace(f"#{number + 1}", single if braced is None else braced)
        following = tex[found.end() : found.end() + 1]
        # a macro that ends in letters must not run into the next word
        return text + (" " if re.search(r"\\[A-Za-z]+$", text) and following.isalpha() else "")

    return pattern.sub(written, tex)
