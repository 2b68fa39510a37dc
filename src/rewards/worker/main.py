"""A reward worker: a disposable process in which the user's Python rewards run, called exactly as TRL calls them.

It needs Python 3.8 and nothing but the standard library. The messages and file descriptors are those of
src/protocol/reward-worker.ts.
"""

import ast
import asyncio
import hashlib
import importlib
import inspect
import json
import linecache
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY_PATH = [place for place in sys.path if place != HERE]
sys.path[:] = [HERE] + LIBRARY_PATH
import reward_child
from grpo_reward_calls import thrown, trl_arguments
from grpo_reward_errors import describe, is_users, place_of, user
from grpo_reward_functions import declaration_of, takes_trl_arguments
from grpo_reward_lifeline import watch_lifeline
from grpo_reward_modules import module_place
from grpo_reward_outcomes import failure, to_outcomes
from grpo_reward_scripts import training_call
from grpo_reward_slow_load import end_when_slow

VERSION = 3
LIFELINE, REQUESTS, REPLIES = 0, 3, 4
# This worker's, which its requests say: each reply has it too.
current = {"key": None}
replying = threading.Lock()


def reply(**message):
    data = (json.dumps({"key": current["key"], **message}, allow_nan=False) + "\n").encode()
    with replying:
        while data:
            data = data[os.write(REPLIES, data) :]


def tell_strays(loop):
    """What goes wrong outside any call, in a thread or a task that nothing awaits, is reported as well as printed."""

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
        if refuse(training_call(tree), "importing it starts a training here; {}".format(MOVE), file):
            return {}
        name, roots = module_place(file, tree)
        reward_child.finder.set(name, file, request["source"], request.get("moduleTexts", {}))
        user["roots"] = roots
        sys.path[:] = roots + LIBRARY_PATH
        sys.argv[:] = [file]
        reward_child.tell_children()
        lines = request["source"].splitlines(True)
        linecache.cache[file] = (len(request["source"]), None, lines, file)
        timer = end_when_slow(request["timeoutSeconds"], reply) if "timeoutSeconds" in request else None
        try:
            module = importlib.import_module(name)
        finally:
            if timer:
                timer.cancel()
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
    for name, value in wanted.items():
        declared = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
        message = '"{}" is a class; give a call of it a name, as in judge = {}(), and use that'.format(name, name)
        if isinstance(value, type) and refuse(declared[0] if declared else tree.body[0], message, file):
            return {}
    functions = {**defaults, **wanted}
    described = [
        {"name": name, "kind": "batch", "isDefault": name in defaults, **declaration_of(value, file, tree)}
        for name, value in functions.items()
    ]
    # The tree's text has no places and no comments.
    code = hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()
    reply(type="ready", version=VERSION, functions=described, code=code, modules=module_files())
    return functions


MOVE = 'put that under if __name__ == "__main__":, or move the reward functions into a file of their own'


def refuse(node, message, file):
    """Says why the file is not loaded, if there is such a place in it."""
    if node is None:
        return False
    reply(type="load-failed", message=message, file=file, line=node.lineno, column=node.col_offset + 1)
    return True


def forget_user_modules():
    for name in user_modules():
        del sys.modules[name]
    importlib.invalidate_caches()


def module_files():
    """The files of the user's own modules other than the reward file."""
    return sorted({path for path in user_modules().values() if path != user["file"]})


def user_modules():
    """The files of the modules in the user's folders, by name."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if name != "__main__"}
    named = [os.path.dirname(user["file"])] if user["file"] else []
    folders = tuple(os.path.join(root, "") for root in user["roots"] + named)
    absolute = {name: os.path.abspath(path) for name, path in files.items() if isinstance(path, str)}
    # Not every module's file is one: that of torch.classes is called "_classes.py", wherever that would be.
    return {
        name: path
        for name, path in absolute.items()
        if path.startswith(folders) and is_users(path) and os.path.isfile(path)
    }


# --- Scoring -----------------------------------------------------------------------------------------------------


def score(function, request, loop):
    count = len(request["completions"])
    metrics, extra = {}, {}
    arguments = trl_arguments(request, metrics, extra)
    reply(type="start", row=0)
    try:
        result = function(**arguments)
        if inspect.isawaitable(result):
            result = loop.run_until_complete(result)
        outcomes = to_outcomes(result, count)
    except MemoryError as error:
        message = "The function ran out of memory (MemoryError)."
        outcomes = [failure("memory", message, **place_of(error))] * count
    except BaseException as error:
        outcomes = [thrown(error, arguments)] * count
    for row, outcome in enumerate(outcomes):
        reply(type="outcome", row=row, outcome=outcome)
    reply(type="done", metrics=metrics, extra=extra, modules=module_files())


def main():
    watch_lifeline(LIFELINE, REPLIES)
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
