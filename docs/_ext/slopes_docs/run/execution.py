"""How the cells of the book and the decks run: the cache, the kernels, and what they may print.

Three rules, each enforced by a warning, which the gates turn into an error:

* an output depends on its cells, on ``src/`` and on the versions named in `DISTRIBUTIONS`, so the
  cache of outputs is named after all of these and a changed package cannot leave a stale page;
* a cell is silent on stderr, and a Python warning in it is an error (``docs/_ipython``);
* an output holds nothing that the next build or another machine would print differently: no
  object's address, no folder of this machine.

The environment variable ``SLOPES_EXECUTE`` chooses: ``cache`` (default, for writing), ``force``
(every page that is read is run, the cache neither read nor written: to measure), ``off``.
A traceback shows its last line only; ``SLOPES_TRACEBACK=Context`` shows an author all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.util import logging

log = logging.getLogger(__name__)

DISTRIBUTIONS = ("jax", "jaxlib", "numpy", "matplotlib", "scipy", "sympy", "ipython", "ipykernel")
MODES = ("cache", "force", "off")
KEPT_CACHES = 10
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")


def installed(distribution: str) -> str:
    """Give a distribution's version, empty if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def cache_key(*folders: Path) -> str:
    """Name everything that an output depends on besides the cells of its page.

    Parameters
    ----------
    *folders : Path
        Folders whose Python files count: the package and the kernels' profile.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256(sys.version.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder).as_posix()
            digest.update(f"\0{name}\0".encode() + path.read_bytes())
    for name in DISTRIBUTIONS:
        digest.update(f"\0{name}=={installed(name)}".encode())
    return digest.hexdigest()[:16]


def kernel_environment(root: Path) -> dict[str, str]:
    """Give the environment variables that every kernel of a build starts with."""
    processor = f"{platform.machine()}{_processor_features()}"
    compiled = hashlib.sha256(processor.encode()).hexdigest()[:8]  # code of another CPU is useless
    paths = [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "IPYTHONDIR": str(root / "build" / "ipython"),
        "JAX_COMPILATION_CACHE_DIR": str(root / "build" / "jax-cache" / compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",  # the default stores nothing under 1 s
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_PLATFORMS": "cpu",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),  # run what the cache's key has read
    }


def _processor_features() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^flags.*$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[0] if found else platform.processor()


def install_profile(source: Path, folder: Path) -> None:
    """Copy the kernels' profile to where IPython may write beside it."""
    profile = folder / "profile_default"
    shutil.rmtree(profile / "startup", ignore_errors=True)
    shutil.copytree(source, profile, dirs_exist_ok=True)


def open_cache(folder: Path) -> None:
    """Create the cache's database now: two readers that both create it collide."""
    from jupyter_cache import get_cache

    folder.parent.mkdir(parents=True, exist_ok=True)
    database = get_cache(folder).db
    if hasattr(database, "dispose"):
        database.dispose()  # processes forked later must not share the connection
    os.utime(folder)
    others = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[KEPT_CACHES:]:
        shutil.rmtree(old, ignore_errors=True)


def configure(app: Sphinx, config: Config) -> None:
    """Set MyST-NB's options and the kernels' environment, before anything is read."""
    mode = os.environ.get("SLOPES_EXECUTE", "") or "cache"
    if mode not in MODES:
        raise ConfigError(f"SLOPES_EXECUTE must be one of {MODES}, got SLOPES_EXECUTE={mode!r}")
    root = project_root(app)
    profile = Path(app.srcdir, "_ipython")
    cache = root / "build" / "jupyter-cache" / cache_key(root / "src", profile)
    config.nb_execution_mode = mode
    config.nb_execution_cache_path = str(cache)
    config.nb_execution_show_tb = True
    config.nb_output_stderr = "warn"
    if mode == "cache":
        open_cache(cache)
    if mode != "off":
        install_profile(profile, root / "build" / "ipython")
        os.environ.update(kernel_environment(root))
        # without bytecode every kernel compiles JAX's sources anew, 4 s a page
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def project_root(app: Sphinx) -> Path:
    """Give the folder that holds ``src`` and ``build``."""
    return Path(app.config.slopes_root or Path(app.srcdir).parent).resolve()


def faults(notebook: dict, folders: list[str]) -> list[str]:
    """Say what an executed notebook's outputs hold that another build would print differently.

    Parameters
    ----------
    notebook : dict
        An executed notebook as parsed JSON.
    folders : list[str]
        Folders of this machine that no output may name.

    Returns
    -------
    list[str]
        One sentence for each fault.
    """
    found = []
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        outputs, tags = cell["outputs"], cell["metadata"].get("tags", [])
        found += [f"cell {index}: {fault}" for fault in output_faults(outputs, folders)]
        raised = [out["ename"] for out in outputs if out["output_type"] == "error"]
        if "raises-exception" in tags and not raised:
            found.append(f"cell {index}: is tagged raises-exception and raises nothing")
        if raised and "raises-exception" not in tags:  # perhaps only while its figure is drawn
            found.append(f"cell {index}: raises {raised[0]} and is not tagged raises-exception")
    return found


def output_faults(outputs: object, folders: list[str]) -> list[str]:
    """Name the addresses and the machine's folders in some outputs."""
    text = json.dumps(outputs)
    found = []
    if address := ADDRESS.search(text):
        found.append(f"prints an address, which differs in every build: '{address[0]}'")
    found += [f"prints a folder of this machine: {folder}" for folder in folders if folder in text]
    return found


def check_outputs(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of outputs that would differ elsewhere."""
    name = app.env.docname
    base = Path(app.env.mystnb_config.output_folder, *name.split("/"))
    folders = machine_folders(app)
    executed, glued = base.parent / f"{base.name}.ipynb", base.parent / f"{base.name}.glue.json"
    found = []
    if app.config.nb_execution_mode != "off" and name in app.env.nb_metadata and executed.exists():
        found = faults(json.loads(executed.read_text(encoding="utf-8")), folders)
        if app.env.nb_metadata[name].get("glue"):
            values = json.loads(glued.read_text(encoding="utf-8"))
            found += [
                f"glued value {key}: {fault}"
                for key, value in values.items()
                for fault in output_faults(value, folders)
            ]
    for fault in found:
        log.warning("%s", fault, location=name, type="slopes", subtype="execution")


def machine_folders(app: Sphinx) -> list[str]:
    """List the folders whose names would give this machine away."""
    folders = {str(project_root(app)), sys.prefix, str(Path.home()), tempfile.gettempdir()}
    return sorted(folder + "/" for folder in folders if len(folder) > 1)


def register(app: Sphinx) -> None:
    """Register where the project lies, if not around the folder of pages."""
    app.add_config_value("slopes_root", "", "env", str)
