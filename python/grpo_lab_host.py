"""What a training that GRPO Lab has started says to it and hears from it, and that it ends with it.

For `"backend": "trl"`: the script in the run folder's `trl/` imports this first. Events and commands are lines of JSON in two files there, because
files work through launchers of several processes and on shared disks. Without them in the environment (`GRPO_LAB_EVENTS`, `GRPO_LAB_COMMANDS`,
and `GRPO_LAB_HOST`, the process that is to outlive this one) nothing here does anything.
"""

import ast
import asyncio
import contextlib
import functools
import importlib.util
import inspect
import json
import math
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path

from grpo_reward_modules import module_place
from grpo_reward_outcomes import to_outcomes

EVENTS = os.environ.get("GRPO_LAB_EVENTS")
COMMANDS = os.environ.get("GRPO_LAB_COMMANDS")
HOST = os.environ.get("GRPO_LAB_HOST")
RANK = int(os.environ.get("RANK", 0))
WATCH_SECONDS = 0.25

# Files of Python rewards, and what a call is about in which something fails.
_reward_files: set[str] = set()


def is_hosted():
    return EVENTS is not None


def tell(kind, **event):
    """Adds an event. A line is written at once, so that those of several processes do not mix."""
    line = json.dumps({"type": kind, **event}, ensure_ascii=False) + "\n"
    file = os.open(EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


class Commands:
    """What GRPO Lab asks for, as far as it has been read."""

    def __init__(self):
        self._read = 0
        self._asked = "run"

    def asked(self, wait=0.0):
        """`run`, `pause` or `stop`; waits up to so many seconds for something other than a pause."""
        deadline = time.monotonic() + wait
        while True:
            self._take()
            if self._asked != "pause" or time.monotonic() >= deadline:
                return self._asked
            time.sleep(0.1)

    def _take(self):
        try:
            with open(COMMANDS, "rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return
        lines = text[: text.rfind(b"\n") + 1]
        self._read += len(lines)
        for line in lines.decode().split():
            if self._asked != "stop":
                self._asked = "run" if line == "resume" else line


class Unscored(Exception):
    """Every completion of a step failed to be scored: nothing can be learned, and someone has to fix the rewards."""


class Diverged(Exception):
    """The loss or the gradient is not finite, and so are no weights any more."""


def check_finite(step, logs):
    """Raises Diverged before such weights are saved, where TRL would train on to the end."""
    for name, what in (("grad_norm", "gradient"), ("loss", "loss")):
        value = logs.get(name)
        if isinstance(value, float) and not math.isfinite(value):
            raise Diverged(f"Step {step}: The {what} is not finite")


def check_scores(step, rows):
    """Says which completions of a step have no reward and why; raises Unscored where all of them failed, as the built-in engine ends then."""
    failed = [row for row in rows if row.get("failure")]
    if len(failed) < len(rows) and all(row["reward"] is None for row in rows):
        why = "abstained or failed" if failed else "abstained"
        _warn(f"No completion of step {step} has a reward: every reward function {why}.")
    if not failed:
        return
    share = "Every completion" if len(failed) == len(rows) else f"{len(failed)} of {len(rows)} completions"
    message = f"{share} of step {step} failed to be scored: {failed[0]['error']}"
    if len(failed) < len(rows):
        _warn(message if message.endswith(".") else f"{message}.")
        return
    error = Unscored(message)
    error.grpo_lab_place = {key: failed[0]["failure"][key] for key in ("place",) if key in failed[0]["failure"]}
    raise error


def _warn(message):
    if RANK == 0:
        tell("log", level="warning", message=message)


def python_rewards(*rewards, timeout):
    """
    Reward functions of files, `rewards/brevity.py#brevity`, with the same rules as in GRPO Lab: a completion that gets no number has no reward, and
    the record says why. One that throws ends the training, as one that takes longer than `timeout` seconds.
    """
    modules = {}
    functions = []
    for reward in rewards:
        file, _, name = reward.rpartition("#")
        if file not in modules:
            modules[file] = _load(file)
        functions.append(_watched(getattr(modules[file], name), name, file, timeout))
    return functions


def _load(file):
    _reward_files.add(file)
    name, roots = module_place(file, ast.parse(Path(file).read_bytes(), file))
    sys.path[:0] = [root for root in roots if root not in sys.path]
    with _Folder(file):
        if "." in name:  # of a package, with relative imports
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module


def _watched(function, name, file, seconds):
    place = _declaration(function, file)

    def judged(result, completions):
        """As TRL takes it; what is wrong with it goes to GRPOLabCallback."""
        outcomes = to_outcomes(result, len(completions))
        reward.verdicts = [{**outcome, **place} if outcome["kind"] == "failure" else outcome for outcome in outcomes]
        return [outcome.get("score") for outcome in outcomes]

    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None)):

        @functools.wraps(function)
        async def reward(*args, **kwargs):
            with _call(name, place, file, seconds):
                return judged(await function(*args, **kwargs), kwargs["completions"])

    else:

        @functools.wraps(function)
        def reward(*args, **kwargs):
            with _call(name, place, file, seconds):
                result = function(*args, **kwargs)
                return judged(asyncio.run(result) if inspect.iscoroutine(result) else result, kwargs["completions"])

    # As the run config calls it: the function of `judge = Judge()` may have another name, or none.
    reward.__name__ = name
    reward.file = file
    reward.verdicts = None
    return reward


def _declaration(function, file):
    code = getattr(inspect.unwrap(function), "__code__", None)
    return {} if code is None else {"file": file, "line": code.co_firstlineno}


@contextlib.contextmanager
def _call(name, place, file, seconds):
    with _Deadline(name, seconds), _Folder(file):
        try:
            yield
        except (Exception, SystemExit) as error:
            # sys.exit() would end the training without a word.
            said = RuntimeError(f"it ended its process (SystemExit: {error})") if isinstance(error, SystemExit) else error
            said.grpo_lab_reward = name
            said.grpo_lab_place = _place(traceback.extract_tb(error.__traceback__)) or ({"place": place} if place else {})
            raise said


class _Folder:
    """Reward functions are called in the folder of their file, where they may read others by relative paths; the training has its own."""

    inside = 0
    training = None

    def __init__(self, file):
        self._folder = os.path.dirname(os.path.abspath(file))

    def __enter__(self):
        if _Folder.inside == 0:
            _Folder.training = os.getcwd()
        _Folder.inside += 1
        os.chdir(self._folder)

    def __exit__(self, *_):
        _Folder.inside -= 1
        # Asynchronous functions are called at the same time.
        if _Folder.inside == 0:
            os.chdir(_Folder.training)


class _Deadline:
    """Nothing can end a function that hangs but the end of its process, and other processes would wait for this one for ever."""

    def __init__(self, name, seconds):
        self._caller = threading.get_ident()
        self._timer = threading.Timer(seconds, self._over, (name, seconds))
        self._timer.daemon = True

    def __enter__(self):
        self._timer.start()

    def __exit__(self, *_):
        self._timer.cancel()

    def _over(self, name, seconds):
        frames = traceback.extract_stack(sys._current_frames().get(self._caller))
        tell("failure", **{"class": "Timeout"}, message="", rank=RANK, reward=name, seconds=seconds, **_place(frames))
        os._exit(1)


def _place(frames):
    """The innermost line of a reward file."""
    for frame in reversed(frames):
        if frame.filename in _reward_files:
            return {"place": {"file": frame.filename, "line": frame.lineno}}
    return {}


def _watch_errors():
    before = sys.excepthook

    def excepthook(kind, error, trace):
        before(kind, error, trace)
        if not issubclass(kind, KeyboardInterrupt):
            said = " ".join(str(error).split())[:2000]
            reward = getattr(error, "grpo_lab_reward", None)
            place = getattr(error, "grpo_lab_place", None) or _place(traceback.extract_tb(trace))
            try:
                tell("failure", **{"class": kind.__name__}, message=said, rank=RANK, **({"reward": reward} if reward else {}), **place)
            except OSError:
                pass  # a full disk: the exit status tells, and what was printed

    sys.excepthook = excepthook


def _watch_host():
    number, _, started = HOST.partition(":")
    while _lives(int(number), started):
        time.sleep(WATCH_SECONDS)
    if os.name == "nt":
        os._exit(1)
    # With all that this process has started.
    os.killpg(0, signal.SIGKILL)


def _lives(number, started):
    """Whether that process is there, and not another one with its number (Linux tells when a process was started)."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return stat[0] not in "ZX" and started in ("", stat[19])
    except OSError:
        if sys.platform.startswith("linux"):
            return False
    if os.name == "nt":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x00100000, False, number)  # SYNCHRONIZE
        if not handle:
            return False
        ended = kernel.WaitForSingleObject(handle, 0) == 0
        kernel.CloseHandle(handle)
        return not ended
    try:
        os.kill(number, 0)
        return True
    except PermissionError:
        return True
    except OSError:
        return False


if is_hosted():
    # About how TRL calls transformers, which no user can change.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl)\.")
    _watch_errors()
    threading.Thread(target=_watch_host, daemon=True).start()
