"""What an exported notebook needs beside its cells: installed packages, and recorded files."""

from __future__ import annotations

import ast
import base64
import json
import sys
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path

from slopes_docs.notebook.cells import Notebook

DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow"}  # where the import's name differs
PRESENT = {"slopes", "IPython"}  # installed otherwise, or there in every notebook

BOOTSTRAP = """\
# Installs what the cells below import and this environment lacks; where all is there, it does
# nothing.
import importlib
import subprocess
import sys
from importlib.util import find_spec

needs = {needs}
missing = [name for module, name in needs.items() if find_spec(module) is None]
try:
    from slopes import __version__ as present
except ImportError:
    present = None
if present != "{version}":
{find}
    missing.append(wheel)
    sys.modules.pop("slopes", None)
if missing:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing], check=True)
    importlib.invalidate_caches()
"""
FROM_SITE = '''\
    wheel = "slopes @ {address}"'''
FROM_FILE = '''\
    from pathlib import Path

    name = "{name}"
    places = [folder / name for folder in (Path.cwd(), *Path.cwd().parents[:2])]
    found = [place.as_uri() for place in places if place.exists()]
    if not found:
        raise ImportError(
            f"slopes {version} is not installed. Download {{name}}, which lies beside this "
            "notebook on the course's site, into the notebook's folder; then run this cell again."
        )
    wheel = f"slopes @ {{found[0]}}"'''
RECORD = '''\
# A record that cells below read, {size} bytes, packed: unpacked where they look for it.
import base64
import zlib
from pathlib import Path

packed = """
{packed}
"""
record = Path("{name}")
record.parent.mkdir(parents=True, exist_ok=True)
record.write_bytes(zlib.decompress(base64.b85decode("".join(packed.split()))))
'''


def programs(executed: list[Notebook]) -> Iterator[ast.Module]:
    """Parse the cells that are plain Python; one with magics needs nothing that we know of."""
    for cell in executed:
        try:
            yield ast.parse(cell["source"] if cell["cell_type"] == "code" else "")
        except SyntaxError:
            continue


def needs(executed: list[Notebook]) -> dict[str, str]:
    """List what a notebook imports besides the package and Python's own modules.

    Parameters
    ----------
    executed : list of dict
        Cells.

    Returns
    -------
    dict[str, str]
        Modules and the distributions that hold them. Figures of the package need Matplotlib.
    """
    names: set[str] = set()
    for node in (node for tree in programs(executed) for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    drawn = {"matplotlib"} if any(name.startswith("slopes.plots") for name in names) else set()
    computed = {"jax"} if any(name.startswith("slopes.methods") for name in names) else set()
    tops = {name.partition(".")[0] for name in names} | drawn | computed
    others = sorted(tops - set(sys.stdlib_module_names) - PRESENT)
    return {name: DISTRIBUTIONS.get(name, name) for name in others}


def hidden(source: str) -> Notebook:
    """Make a code cell whose source is folded."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"jupyter": {"source_hidden": True}},
        "outputs": [],
        "source": source.rstrip("\n"),
    }


def bootstrap(executed: list[Notebook], wheel: str, site: str) -> Notebook:
    """Make the cell that installs what is missing.

    Parameters
    ----------
    executed : list of dict
        The cells that follow.
    wheel : str
        File name of the package's wheel.
    site : str
        Where the wheel is published; empty if it lies beside the notebook.

    Returns
    -------
    dict
        A folded cell.
    """
    version = wheel.split("-")[1]
    parts = {"name": wheel, "version": version, "address": f"{site}notebooks/{wheel}"}
    find = (FROM_SITE if site else FROM_FILE).format(**parts)
    return hidden(
        BOOTSTRAP.format(find=find, needs=json.dumps(needs(executed), indent=4), version=version)
    )


def records(executed: list[Notebook], source: Path) -> list[Notebook]:
    """Make cells that unpack the files that a notebook reads by name.

    Parameters
    ----------
    executed : list of dict
        Cells, in which ``Path("...")`` with the name of a file is one to be read.
    source : Path
        The folder in which they ran.

    Returns
    -------
    list of dict
        A folded cell for each file.
    """
    called = (
        node.args[0]
        for tree in programs(executed)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Path" and node.args
    )
    values = (node.value for node in called if isinstance(node, ast.Constant))
    names = [name for name in dict.fromkeys(values) if (source / str(name)).is_file()]
    return [hidden(packed(name, (source / name).read_bytes())) for name in names]


def packed(name: str, content: bytes) -> str:
    """Write the cell that unpacks a file."""
    text = base64.b85encode(zlib.compress(content, 9)).decode()
    lines = "\n".join(textwrap.wrap(text, 96))
    return RECORD.format(name=name, size=len(content), packed=lines)
