"""What the tasks, the pinned versions, the settings of CI and the repository's texts promise.

Each promise is a function that returns complaints, none if all is well; below, each is seen to
complain.
"""

import ast
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from scipy.optimize import curve_fit

import slopes

ROOT = Path(__file__).parents[2]
noxfile = SimpleNamespace(**runpy.run_path(str(ROOT / "noxfile.py")))
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SESSIONS = [
    "site",
    "tests",
    "lint",
    "types",
    "browser",
    "live",
    "pdf",
    "notebooks",
    "bench",
    "mintest",
    "maxtest",
    "publish",
    "release",
    "lock",
    "identical",
    "ebook",
    "lighthouse",
]


# --- tasks ----------------------------------------------------------------------------------------


def sessions(text):
    """Names of the sessions in a noxfile, with their docstrings; read, not run."""
    return {
        node.name: ast.get_docstring(node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(mark).split("(")[0] == "nox.session" for mark in node.decorator_list)
    }


def defaults(text):
    """The sessions that run when none is named."""
    values = [
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "nox.options.sessions"
    ]
    return values[-1] if values else None


def missing_tasks(text):
    found = sessions(text)
    complaints = [f"session {name} is missing" for name in SESSIONS if name not in found]
    complaints += [f"session {name} has no docstring" for name in found if not found[name]]
    if defaults(text) != ["site", "tests"]:
        complaints.append(f"default sessions must be site and tests, got {defaults(text)}")
    return complaints


def unknown_tasks(text, script):
    """Complain of sessions that a script of CI runs and the noxfile does not have."""
    named = re.findall(r"^run (\w+)", script, re.MULTILINE)
    for names in re.findall(r"(?:nox|newest) (?:-s|--session) (\w+(?: \w+)*)", script):
        named += names.split()
    return [
        f"session {name} is run but not defined" for name in named if name not in sessions(text)
    ]


def test_every_task_exists_and_says_what_it_does():
    assert missing_tasks(NOXFILE) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("def lock(", "def unlock(", "session lock is missing"),
        ("@nox.session\ndef pdf(", "def pdf(", "session pdf is missing"),
        ('"site", "tests"]', '"site"]', "default sessions must be site and tests, got ['site']"),
        ("nox.options.sessions", "nox.options.other", "default sessions must be site and tests"),
    ],
)
def test_a_task_that_is_gone_is_missed(old, new, complaint):
    assert old in NOXFILE
    assert any(told.startswith(complaint) for told in missing_tasks(NOXFILE.replace(old, new)))


def test_a_task_without_words_is_noticed():
    text = "import nox\n@nox.session(python=False)\ndef quiet(session):\n    pass\n"
    assert "session quiet has no docstring" in missing_tasks(text)


SCRIPTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / ".ci").iterdir()]
SCRIPTS += (ROOT / ".github" / "workflows").glob("*")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_is_run_elsewhere_is_a_task(path):
    assert unknown_tasks(NOXFILE, path.read_text(encoding="utf-8")) == []


def test_a_task_that_nobody_wrote_is_noticed():
    script = "run site\nrun dance\npython3 -m nox -s sing\n.ci/newest -s site play  # both\n"
    complaints = unknown_tasks(NOXFILE, script)
    unknown = ("dance", "sing", "play")
    assert complaints == [f"session {name} is run but not defined" for name in unknown]


@pytest.mark.parametrize("path", sorted((ROOT / ".ci").iterdir()), ids=lambda path: path.name)
def test_ci_can_be_run(path):
    assert os.access(path, os.X_OK)
    assert path.read_bytes().startswith(b"#!")
    listed = git("ls-files", "--stage", str(path))
    assert not listed or listed.startswith("100755")


def test_all_that_tests_the_package_is_run_with_the_oldest_and_the_newest_versions():
    for name in noxfile.PACKAGE_TESTS:
        assert (ROOT / name).exists(), name
    tested = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    apart = {ROOT / "tests" / name for name in ("browser", "docs", "project")}  # the site's tools
    covered = [ROOT / name for name in noxfile.PACKAGE_TESTS]
    assert all({folder, *folder.parents} & {*covered, *apart} for folder in tested)
    ran = []
    session = SimpleNamespace(env={}, run=lambda *command: ran.append(command), posargs=["-q"])
    noxfile.package_tests(session)
    assert ran == [("pytest", *noxfile.PACKAGE_TESTS, *noxfile.ON_ALL_CORES, "-q")]


def test_tests_that_share_what_is_slow_to_make_run_in_one_process(tmp_path):
    (tmp_path / "test_group.py").write_text(
        "import os, time\nimport pytest\n\n"
        "@pytest.mark.xdist_group('one')\n"
        "@pytest.mark.parametrize('number', range(6))\n"
        "def test_number(number):\n"
        "    time.sleep(0.1)\n"
        "    print('worker', os.environ['PYTEST_XDIST_WORKER'])\n"
    )
    spread = ("--numprocesses", "2", *noxfile.ON_ALL_CORES[2:])
    command = [sys.executable, "-m", "pytest", "-rP", "-p", "no:cacheprovider", *spread, "."]
    clean = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    workers = re.findall(r"^worker (\w+)$", done.stdout, re.MULTILINE)
    assert len(workers) == 6, done.stdout + done.stderr
    assert len(set(workers)) == 1


# --- a current Python -----------------------------------------------------------------------------

TOOLS = ("bash", "dirname", "git", "mkdir", "sed", "rm", "mv", "cp", "sh", "env")
# What the machine may lack or refuse, as the commands that the script would find.
PRESENT = {"id": "echo 0", "apt-get": "true", "chroot": "true", "unshare": "true"}


def run_newest(folder, **commands):
    """Run the script where only some commands exist; None takes one away."""
    binaries = folder / "bin"
    binaries.mkdir()
    for name in TOOLS:
        (binaries / name).symlink_to(shutil.which(name))
    for name, body in (PRESENT | commands).items():
        if body is not None:
            (binaries / name).write_text(f"#!{shutil.which('sh')}\n{body}\n")
            (binaries / name).chmod(0o755)
    return subprocess.run(
        [ROOT / ".ci" / "newest", "-s", "tests"],
        env={"PATH": str(binaries), "NEWEST_ROOT": str(folder / "root")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ({"id": "echo 1000"}, "it needs root"),
        ({"apt-get": None}, "there is no apt-get"),
        ({"unshare": None}, "there is no unshare"),
        ({"unshare": "echo no >&2; exit 1"}, "namespaces are not allowed"),
        ({"apt-get": "echo no >&2; exit 100"}, "the system could not be installed, see "),
        ({"debootstrap": "true"}, "the system could not be installed, see "),  # apt has no mirror
        (
            {"apt-get": "echo mirror", "debootstrap": "echo no >&2; exit 1"},
            "the system could not be installed, see ",
        ),
        (  # the last use of unshare is pip's, without a network
            {
                "apt-get": "echo mirror",
                "debootstrap": "mkdir -p $4/etc/ssl/certs $4/srv",
                "unshare": 'case "$*" in *pip*) exit 1;; esac',
            },
            "nox could not be installed, see ",
        ),
    ],
)
def test_where_no_other_python_can_be_had_one_line_says_so(tmp_path, commands, reason):
    done = run_newest(tmp_path, **commands)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"newest: nothing was run on Debian 13: {reason}")


@pytest.mark.parametrize("code", [0, 3])
def test_a_task_that_fails_on_the_other_python_fails(tmp_path, code):
    done = run_newest(
        tmp_path,
        **{
            "apt-get": "echo mirror",
            "debootstrap": "mkdir -p $4/etc/ssl/certs $4/srv",
            "unshare": f'case "$*" in *nox*"-s tests") exit {code};; *version) echo 4.0;; esac',
        },
    )
    assert done.returncode == code
    assert ("== newest, 4.0: -s tests: " in done.stdout) == (code == 0)


def test_the_other_python_sees_no_device_of_the_machine():
    script = (ROOT / ".ci" / "newest").read_text(encoding="utf-8")
    assert re.findall(r"\bmount (?!and\b)(.*?) &&", script) == ['-t proc proc "$0/proc"']
    assert "/dev" not in script.replace("/dev/null", "")


# --- versions -------------------------------------------------------------------------------------


def needs(project):
    """Every requirement of the project: its own, its extras', its groups'."""
    table = project["project"]
    lists = [table["dependencies"], *table.get("optional-dependencies", {}).values()]
    lists += project.get("dependency-groups", {}).values()
    return [Requirement(need) for some in lists for need in some if isinstance(need, str)]


PYTHONS = ("3.11", "3.13", "3.14")  # those that CI runs


def pin(line):
    """Read a line of a constraints file: a name, one version, and perhaps for which Pythons."""
    try:
        read = Requirement(line)
    except InvalidRequirement:
        return None
    exact = re.fullmatch(r"==[\w.!+-]+", str(read.specifier))
    return read if exact and not read.url and not read.extras else None


def pins(text, python):
    """The versions that a constraints file holds for a Python, by name; all of them."""
    found = {}
    for line in text.splitlines():
        if (read := pin(line)) and (not read.marker or read.marker.evaluate(of(python))):
            versions = found.setdefault(canonicalize_name(read.name), [])
            versions.append(str(read.specifier).removeprefix("=="))
    return found


def of(python):
    return {"python_version": python, "python_full_version": f"{python}.0"}


def bad_pins(project, text):
    complaints = [
        f"constraints.txt must hold names with versions, got {line!r}"
        for line in text.splitlines()
        if line and not line.startswith("#") and not pin(line)
    ]
    for python in PYTHONS:
        pinned = pins(text, python)
        for name, versions in pinned.items():
            if len(versions) > 1:
                complaints.append(f"{name} must be pinned once for Python {python}, got {versions}")
        for need in needs(project):
            (version,) = pinned.get(canonicalize_name(need.name), [None])[:1]
            if version is None or not need.specifier.contains(version, prereleases=True):
                complaints.append(
                    f"{need} must be pinned for Python {python}, got {version}; run nox -s lock"
                )
    return complaints


def test_every_dependency_is_pinned_once_for_every_python_at_a_version_that_is_allowed():
    assert len(needs(PYPROJECT)) > 30
    assert bad_pins(PYPROJECT, CONSTRAINTS) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (r"^sphinx==.*$", "sphinx==8.0", "sphinx==9.0.4 must be pinned for Python 3.11, got 8.0"),
        (r"^sympy==.*$\n", "", "sympy>=1.13 must be pinned for Python 3.14, got None"),
        (r"^numpy==.* < .*$\n", "", "numpy>=2.1 must be pinned for Python 3.11, got None"),
        (r"^numpy==.* >= .*$\n", "", "numpy>=2.1 must be pinned for Python 3.13, got None"),
        (r"^(numpy==.*) ; .* < .*$", r"\1", "numpy must be pinned once for Python 3.13, got ['2"),
        (r"^sympy==.*$", r"\g<0>\n\g<0>", "sympy must be pinned once for Python 3.11, got ['1"),
        (r"^sympy==", "sympy>=", "constraints.txt must hold names with versions, got 'sympy>="),
        (r"^sympy==.*$", "sympy @ file:///s.whl", "constraints.txt must hold names with versions"),
        (r"\A", "--index-url somewhere\n", "constraints.txt must hold names with versions, got '-"),
        (r"^sympy==.*$", r"\g<0> --hash=sha256:0", "constraints.txt must hold names with version"),
    ],
)
def test_a_bad_pin_is_noticed(old, new, complaint):
    text = re.sub(old, new, CONSTRAINTS, count=1, flags=re.MULTILINE)
    assert text != CONSTRAINTS
    assert any(told.startswith(complaint) for told in bad_pins(PYPROJECT, text))


def test_every_python_belongs_to_the_family_whose_marker_it_meets():
    for python in ("3.11", "3.12", *PYTHONS, "3.20", "4.0"):
        met = [family for family in noxfile.FAMILIES if Marker(family).evaluate(of(python))]
        assert met == [noxfile.family_of(python)]


def test_the_constraints_are_as_lock_writes_them():
    assert noxfile.write_pins(noxfile.read_pins(CONSTRAINTS)) == CONSTRAINTS


class Locking:
    """A session that records what `lock` asks for and answers with a resolution."""

    def __init__(self, folder, python, versions):
        self.folder, self.python, self.told = folder, python, []
        packages = [{"name": name, "version": versions[name]} for name in versions]
        self.found = [{"metadata": meta, "is_direct": False} for meta in packages]
        self.found.append({"metadata": {"name": "slopes", "version": "1"}, "is_direct": True})

    def create_tmp(self):
        return str(self.folder)

    def install(self, *arguments):
        pass

    def run(self, *command):
        self.command = command
        answer = {"environment": {"python_version": self.python}, "install": self.found}
        Path(command[command.index("--report") + 1]).write_text(json.dumps(answer))

    def log(self, text):
        self.told.append(text)


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """Lock in a folder of its own; each call is one run of the session."""
    monkeypatch.chdir(tmp_path)
    constraints = tmp_path / noxfile.CONSTRAINTS
    constraints.write_text("")

    def run(python, **versions):
        session = Locking(tmp_path, python, versions)
        noxfile.lock.func(session)
        assert {".", "nox", *PYPROJECT["dependency-groups"]["lint"]} <= {*session.command}
        return constraints.read_text().removeprefix(noxfile.PINS_HEAD + "\n").splitlines()

    return run


def test_a_python_s_lock_keeps_the_pins_of_the_others(lock):
    old, new = noxfile.FAMILIES
    assert lock("3.11", JAX="1", numpy="1", zipp="1") == [
        f"jax==1 ; {old}", f"numpy==1 ; {old}", f"zipp==1 ; {old}",
    ]  # fmt: skip
    assert lock("3.13", jax="2", numpy="1", attrs="1") == [
        f"attrs==1 ; {new}", f"jax==1 ; {old}", f"jax==2 ; {new}", "numpy==1", f"zipp==1 ; {old}",
    ]  # fmt: skip
    assert lock("3.14", jax="3", attrs="1") == [
        f"attrs==1 ; {new}", f"jax==1 ; {old}", f"jax==3 ; {new}", f"numpy==1 ; {old}",
        f"zipp==1 ; {old}",
    ]  # fmt: skip
    assert lock("3.11", jax="3", attrs="1") == ["attrs==1", "jax==3"]


def named_versions(init, citation, changelog):
    """The version that each file names; the changelog's newest."""
    patterns = (
        (r'^__version__ = "(.+)"$', init),
        (r"^version: (\S+)$", citation),
        (r"^## (\d\S*)", changelog),
    )
    found = [re.search(pattern, text, re.MULTILINE) for pattern, text in patterns]
    return [match and match[1] for match in found]


def test_all_files_name_one_version():
    names = ("src/slopes/__init__.py", "CITATION.cff", "CHANGELOG.md")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in names]
    assert named_versions(*texts) == [PYPROJECT["project"]["version"]] * 3
    assert slopes.__version__ == PYPROJECT["project"]["version"]


def test_the_changelog_s_newest_version_counts():
    text = "# Changelog\n\n## 0.2.0 - today\n\n## 0.1.0 - before\n"
    assert named_versions("", "version: 0.1.0", text) == [None, "0.1.0", "0.2.0"]


# --- settings of CI -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda p: p.name)
def test_a_workflow_is_yaml_with_jobs_that_have_steps_and_an_end(path):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "permissions", "jobs"} <= workflow.keys()
    assert True in workflow or "on" in workflow  # YAML 1.1 reads the word on as a truth value
    for job in workflow["jobs"].values():
        assert job["steps"]
        assert job["timeout-minutes"] <= 60


def pythons(path):
    """The versions of Python that a workflow's matrix names."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    (matrix,) = [job["strategy"]["matrix"] for job in jobs if "strategy" in job]
    return tuple(matrix["python-version"])


def other_pythons(project, readme):
    """Complain of classifiers and of a README that name other Pythons than CI runs."""
    *others, last = PYTHONS
    named = [
        name.removeprefix("Programming Language :: Python :: ")
        for name in project["project"]["classifiers"]
        if re.search(r"Python :: \d\.\d", name)
    ]
    complaints = [] if named == [*PYTHONS] else [f"classifiers must be {PYTHONS}, got {named}"]
    if f"({', '.join(others)} and {last} are tested)" not in readme:
        complaints.append(f"README.md must name the tested Pythons {PYTHONS}")
    if project["project"]["requires-python"] != f">={PYTHONS[0]}":
        complaints.append(f"requires-python must be >={PYTHONS[0]}")
    return complaints


def test_the_pythons_of_the_workflow_are_those_that_the_project_names():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert pythons(ROOT / ".github" / "workflows" / "ci.yml") == PYTHONS
    assert other_pythons(PYPROJECT, readme) == []


def test_another_python_is_noticed():
    project = {"classifiers": ["Programming Language :: Python :: 3.11"], "requires-python": ">=3"}
    complaints = other_pythons({"project": project}, "3.11 and 3.13 are tested")
    assert [told.split()[0] for told in complaints] == [
        "classifiers",
        "README.md",
        "requires-python",
    ]


# --- texts ----------------------------------------------------------------------------------------

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "registry": re.compile(
        "|".join(["pypi" + r"\.org", "python" + r"hosted", "registry" + r"\.npm", "npm" + r"js\."]),
        re.IGNORECASE,
    ),
    "machine path": re.compile("(?<![\\w.~-])/(?:" + "|".join(["ho" + "me", "Us" + "ers"]) + r")/\w"
                               + "|(?<![\\w.~/-])/(?:" + "|".join(["roo" + "t", "wo" + "rk"])
                               + r"|t" + r"mp)/\w" + "|[A-Z]:\\\\\\\\?" + "Users"),
}  # fmt: skip


def leaks(text):
    """Name what a text should not contain, with its line."""
    return [
        f"line {number}: {kind} {found[0]!r}"
        for number, line in enumerate(text.splitlines(), 1)
        for kind, pattern in FORBIDDEN.items()
        if (found := pattern.search(line))
    ]


def git(*arguments):
    """What git prints, or nothing outside a checkout."""
    command = ["git", "-C", str(ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def tracked():
    """The text files that git tracks; in a copy without git, all that would be."""
    names = git("ls-files", "-z").split("\0")
    paths = [ROOT / name for name in names if name] or [
        path for part in ("src", "docs/_ext", "tests") for path in (ROOT / part).rglob("*.py")
    ]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    told = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if found := leaks(text):
            told[path.relative_to(ROOT).as_posix()] = found
    assert told == {}


@pytest.mark.parametrize(
    "text",
    [
        "see https://" + "pypi" + ".org/project/x",
        '"resolved": "https://registry.' + "npmjs" + '.org/x.tgz"',
        "open /ho" + "me/ada/slopes/x.py",
        'path = "/t' + 'mp/x.log"',
        "in /wo" + "rk/course",
        "C:\\Us" + "ers\\ada",
    ],
)
def test_a_leak_is_noticed(text):
    assert leaks(f"fine\n{text}\n")[0].startswith("line 2")


@pytest.mark.parametrize(
    "text",
    [
        "a/t" + "mp/x",
        "./wo" + "rk/x",
        "docs/ho" + "me/x",
        "https://slopes.example/wo" + "rk/x",
        "n/wo" + "rk",
        "/",
    ],
)
def test_other_paths_are_no_leak(text):
    assert leaks(text) == []


def test_the_readmes_examples_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first, traced, work = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    names = {}
    exec(first, names)
    assert abs(names["value"] - 1e8) <= names["error"]
    exec(traced, names := {})
    matrix = names["products"].sparse_hessian(names["valley"], names["x"], key=names["key"])
    assert matrix(names["x"]).nse == 2998
    assert max(matrix.colours) + 1 == 3
    exec(work, names)
    fit, t, y = names["fit"], np.asarray(names["t"]), np.asarray(names["y"])
    value, cov = curve_fit(
        lambda t, a, b: a * np.exp(-b * t), t, y, [1.0, 1.0], np.full(5, 0.1), absolute_sigma=True
    )
    assert fit.value == pytest.approx(value, abs=1e-6)
    assert fit.error == pytest.approx(np.sqrt(np.diag(cov)), rel=0.02)  # no term in residuals
