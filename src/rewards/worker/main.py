"""A reward worker: a disposable process in which the user's Python rewards run, called exactly as TRL calls them.

It needs Python 3.8 and nothing but the standard library. The messages and file descriptors are those of
src/protocol/reward-worker.ts.
"""

import ast
import asyncio
import functools
import hashlib
import importlib
import inspect
import json
import linecache
import math
import os
import re
import signal
import sys
import threading
import time
import types

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY_PATH = [place for place in sys.path if place != HERE]
sys.path[:] = [HERE] + LIBRARY_PATH
import reward_child
from grpo_reward_errors import describe, is_users, place_of, user

VERSION = 3
LIFELINE, REQUESTS, REPLIES = 0, 3, 4
# What TRL 1.16 passes besides the dataset's columns (GRPOTrainer._calculate_rewards).
TRL_ARGUMENTS = ("prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric")
LARGEST_SCORE = 1e12  # of src/protocol/rewards.ts
# As it is before the user's code runs, which may put another in its place.
isfinite = math.isfinite
# This worker's, which its requests say: each reply has it too.
current = {"key": None}
replying = threading.Lock()


def watch_lifeline():
    """Ends this process and what it started once the host is gone, even if it was killed.

    A forked process watches, not a thread: code that holds the interpreter's lock (a regular expression that never
    ends) would keep a thread from running. Windows cannot fork and has to do with the thread.
    """

    def wait_for_end():
        try:
            while os.read(LIFELINE, 1):
                pass
        except OSError:
            pass

    def end_after_waiting():
        wait_for_end()
        os._exit(1)

    if not hasattr(os, "fork"):
        threading.Thread(target=end_after_waiting, daemon=True).start()
    elif os.fork() == 0:
        os.closerange(1, REPLIES + 1)
        wait_for_end()
        end_marked()
        os.killpg(os.getpgrp(), signal.SIGKILL)


def end_marked():
    """Kills what has left the process group, as src/processes/marked.ts does."""
    mark = os.environ.get("GRPO_MARK")
    if not mark or sys.platform != "linux":
        return
    for _ in range(50):
        found = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid() and has_mark(pid, mark)]
        for pid in found:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
        if not found:
            return
        time.sleep(0.02)


def has_mark(pid, mark):
    try:
        with open("/proc/{}/environ".format(pid), "rb") as environment:
            return (mark + "=").encode() in environment.read()
    except OSError:
        return False


def reply(**message):
    data = (json.dumps({"key": current["key"], **message}, allow_nan=False) + "\n").encode()
    with replying:
        while data:
            data = data[os.write(REPLIES, data) :]


def tell_strays(loop):
    """What goes wrong outside any call, in a thread or a task that nothing awaits, is told besides being printed."""

    def tell(error, where):
        try:
            reply(type="stray", message="{} ({})".format(describe(error), where), fatal=False, **place_of(error))
        except OSError:
            pass  # the host is gone

    printed_thread = threading.excepthook
    printed_task = loop.default_exception_handler

    def in_thread(args):
        printed_thread(args)
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            tell(args.exc_value, "in a thread")

    def in_task(_, context):
        printed_task(context)
        if isinstance(context.get("exception"), Exception):
            tell(context["exception"], "in a task that nothing awaits")

    threading.excepthook = in_thread
    loop.set_exception_handler(in_task)


def limit_memory(limit):
    """Makes an allocation past the limit a MemoryError at its line, where the system can (Linux).

    The limit counts reserved memory, so it leaves room for what libraries reserve and never touch; the host watches
    the memory that is really used.
    """
    if sys.platform == "linux":
        import resource

        reserved = 1 << 30
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = limit + reserved
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))


# --- Loading -----------------------------------------------------------------------------------------------------


def load(request):
    """Runs the user's file; returns its functions by name. After an edit it is called again: libraries stay imported."""
    file = request["file"]
    limit_memory(request["memoryLimitBytes"])
    forget_user_modules()
    user["file"] = file
    try:
        tree = ast.parse(request["source"], file)
        name, roots = module_place(file, tree)
        reward_child.finder.set(name, file, request["source"])
        user["roots"] = roots
        sys.path[:] = roots + LIBRARY_PATH
        sys.argv[:] = [file]
        reward_child.tell_children()
        lines = request["source"].splitlines(True)
        linecache.cache[file] = (len(request["source"]), None, lines, file)
        module = importlib.import_module(name)
    except BaseException as error:
        reply(type="load-failed", message=describe(error), **place_of(error))
        return {}
    defaults = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and takes_trl_arguments(value)
    }
    wanted = {name: vars(module)[name] for name in request["names"] if callable(vars(module).get(name))}
    functions = {**defaults, **wanted}
    described = [
        {"name": name, "kind": "batch", "isDefault": name in defaults, **declaration_of(value, file, tree)}
        for name, value in functions.items()
    ]
    # The tree's text has no places and no comments.
    code = hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()
    reply(type="ready", version=VERSION, functions=described, code=code, modules=module_files())
    return functions


def module_place(file, tree):
    """The name that the file has as a module, and the folders that are put on the path for it.

    As with "python file.py" the first one is where the file really lies. In a package (with __init__.py) there is also
    the folder that the package is in; and a file with relative imports is loaded as a module of it.
    """
    real = os.path.realpath(file)
    root = folder = os.path.dirname(real)
    stem = os.path.splitext(os.path.basename(real))[0]
    parts = [stem]
    while os.path.isfile(os.path.join(root, "__init__.py")) and os.path.dirname(root) != root:
        parts.insert(0, os.path.basename(root))
        root = os.path.dirname(root)
    roots = [folder] if root == folder else [folder, root]
    is_relative = any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))
    name = ".".join(parts) if is_relative else stem
    taken = name.split(".")[0]
    if "." in stem or taken in sys.modules or taken in getattr(sys, "stdlib_module_names", sys.builtin_module_names):
        name = "grpo_reward_" + re.sub(r"\W", "_", stem)
    return name, roots


def forget_user_modules():
    for name in user_modules():
        del sys.modules[name]
    importlib.invalidate_caches()


def module_files():
    """The files of the user's own modules other than the reward file."""
    return sorted({path for path in user_modules().values() if path != user["file"]})


def user_modules():
    """The files of the modules that lie in the user's folders, by name."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if name != "__main__"}
    named = [os.path.dirname(user["file"])] if user["file"] else []
    folders = tuple(os.path.join(root, "") for root in user["roots"] + named)
    return {
        name: path
        for name, path in files.items()
        if isinstance(path, str) and os.path.abspath(path).startswith(folders) and is_users(path)
    }


def takes_trl_arguments(function):
    """Whether TRL could call it: it names what it scores, and takes the keyword arguments that it does not name."""
    parameters = inspect.signature(function).parameters.values()
    names = {p.name for p in parameters}
    takes_rest = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names_inputs = bool(names & {"prompts", "completions", "completion_ids"}) or len(names) == 1
    return names_inputs and (takes_rest or names >= set(TRL_ARGUMENTS))


def plain_function(function):
    while isinstance(function, functools.partial):
        function = function.func
    return function


def declaration_of(function, file, tree):
    code = getattr(inspect.unwrap(plain_function(function)), "__code__", None)
    if not code:
        return {}
    # Its line is that of the first decorator.
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name == code.co_name
        and min([node.lineno] + [decorator.lineno for decorator in node.decorator_list]) == code.co_firstlineno
    ]
    if code.co_filename != file or not found:
        return {"file": code.co_filename, "line": code.co_firstlineno}
    return {"file": file, "line": found[0].lineno, "column": found[0].col_offset + 1, "parameters": parameters_of(found[0])}


def parameters_of(node):
    positional = getattr(node.args, "posonlyargs", []) + node.args.args
    required = positional[: len(positional) - len(node.args.defaults)]
    required += [argument for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults) if default is None]
    return [{"name": a.arg, "line": a.lineno, "column": a.col_offset + 1} for a in required]


# --- Scoring -----------------------------------------------------------------------------------------------------


def score(function, request, loop):
    count = len(request["completions"])
    metrics, extra = {}, {}
    reply(type="start", row=0)
    try:
        result = function(**trl_arguments(request, metrics, extra))
        if inspect.isawaitable(result):
            result = loop.run_until_complete(result)
        outcomes = to_outcomes(result, count)
    except MemoryError as error:
        message = "The function ran out of memory (MemoryError)."
        outcomes = [failure("memory", message, **place_of(error))] * count
    except BaseException as error:
        outcomes = [failure("throw", describe(error), **place_of(error))] * count
    for row, outcome in enumerate(outcomes):
        reply(type="outcome", row=row, outcome=outcome)
    reply(type="done", metrics=metrics, extra=extra, modules=module_files())


def trl_arguments(request, metrics, extra):
    """The keyword arguments of a reward function in TRL 1.16."""
    prompts, completions = request["prompts"], request["completions"]
    # With a chat prompt, the completion is a chat as well.
    completions = [
        completion if isinstance(prompt, str) else [{"role": "assistant", "content": completion}]
        for prompt, completion in zip(prompts, completions)
    ]
    # Outside training, 1 step of which 0 are done: what ramps up with global_step / max_steps is at its start.
    state = request["trainerState"] or {"globalStep": 0, "maxSteps": 1}

    def log_metric(name, value):
        metrics.setdefault(str(name), []).append(plain(float(value)))

    def log_extra(column, values):
        extra.setdefault(str(column), []).extend(plain(value) for value in values)

    return {
        **request["columns"],
        "prompts": prompts,
        "completions": completions,
        "completion_ids": request["completionIds"],
        "trainer_state": types.SimpleNamespace(global_step=state["globalStep"], max_steps=state["maxSteps"]),
        "log_extra": log_extra,
        "log_metric": log_metric,
    }


def to_outcomes(result, count):
    try:
        if isinstance(result, (str, bytes, dict)):
            raise TypeError
        rewards = list(result)
    except TypeError:
        message = "The function returned {}; return a list with one number or None per completion.".format(shown(result))
        return [failure("wrong-type", message)] * count
    if len(rewards) != count:
        message = "The function returned {} rewards for {} completions; return one for each.".format(len(rewards), count)
        return [failure("wrong-length", message)] * count
    return [to_outcome(reward) for reward in rewards]


def to_outcome(reward):
    if reward is None:
        return {"kind": "abstain"}
    try:
        if isinstance(reward, (str, bytes)):
            raise TypeError
        value = float(reward)  # numpy's and torch's scalars too
    except (TypeError, ValueError, OverflowError):
        return failure("wrong-type", "The function gave {}; a reward is a number, or None to abstain.".format(shown(reward)))
    if not isfinite(value):
        return failure("nan", "The score is {}; return a finite number, or None to abstain.".format(value))
    if not -LARGEST_SCORE <= value <= LARGEST_SCORE:
        message = "The score is {}; scores must lie between -1e12 and 1e12: training computes in float32."
        return failure("too-large", message.format(value))
    return {"kind": "score", "score": value}


def failure(kind, message, **place):
    return {"kind": "failure", "failure": kind, "message": message, **place}


def shown(value):
    return "{:.100} ({})".format(repr(value), type(value).__name__)


def plain(value):
    """A value as JSON has it; a number that is not finite becomes null, anything unknown its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch
        return plain(value.tolist())
    return str(value)


def main():
    watch_lifeline()
    # What was printed before a kill should be there.
    sys.stdout.reconfigure(line_buffering=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    functions = {}
    tell_strays(loop)
    # Not inherited by what the user's code starts.
    for descriptor in (REQUESTS, REPLIES):
        os.set_inheritable(descriptor, False)
    with open(REQUESTS, encoding="utf-8", newline="\n") as requests:
        for line in requests:
            message = json.loads(line)
            current["key"], request = message["key"], message["request"]
            if request["type"] == "load":
                functions = load(request)
            else:
                score(functions[request["name"]], request, loop)


if __name__ == "__main__":
    main()
