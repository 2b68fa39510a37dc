"""What a training that GRPO Lab has started says to it and hears from it, and that it ends with it.

For `"backend": "trl"`: the script in the run folder's `trl/` imports this first. Events and commands are lines of JSON in two files there, because
files work through launchers of several processes and on shared disks. Without them in the environment (`GRPO_LAB_EVENTS`, `GRPO_LAB_COMMANDS`,
and `GRPO_LAB_HOST`, the process that is to outlive this one) nothing here does anything.
"""

import functools
import importlib.util
import inspect
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

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


def python_rewards(*rewards, timeout):
    """Reward functions of files, `rewards/brevity.py#brevity`. One that throws says where; one that takes longer than `timeout` seconds ends the training."""
    modules = {}
    functions = []
    for reward in rewards:
        file, _, name = reward.rpartition("#")
        if file not in modules:
            modules[file] = _load(file)
        functions.append(_limited(getattr(modules[file], name), file, timeout))
    return functions


def _load(file):
    _reward_files.add(file)
    sys.path.insert(0, str(Path(file).parent))
    name = Path(file).stem
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


def _limited(function, file, seconds):
    name = getattr(function, "__name__", "reward")

    def failing(error):
        error.grpo_lab_reward = name

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def reward(*args, **kwargs):
            with _Deadline(name, seconds):
                try:
                    return await function(*args, **kwargs)
                except Exception as error:
                    failing(error)
                    raise

    else:

        @functools.wraps(function)
        def reward(*args, **kwargs):
            with _Deadline(name, seconds):
                try:
                    return function(*args, **kwargs)
                except Exception as error:
                    failing(error)
                    raise

    reward.file = file
    return reward


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
            place = _place(traceback.extract_tb(trace))
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
    _watch_errors()
    threading.Thread(target=_watch_host, daemon=True).start()
