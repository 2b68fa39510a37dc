"""Runs Python scripts in forks of one process that has imported what takes each of them ten seconds to import.

    python warm_python.py SOCKET

Listens on a Unix socket, prints a line when it does, and ends with its standard input. A connection is a script: its request is a line of JSON
with `args` (what would follow `python`: a file, or -c or -m), `cwd`, `env` and `input`; the answer is one with `status`, as `subprocess` has
it, `stdout` and `stderr`. A script whose connection is closed is killed.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from importlib import import_module

HEAVY = ("torch", "transformers.models.auto.modeling_auto", "peft", "datasets", "trl.trainer.grpo_trainer")


def import_heavy():
    # What is imported stays: looking for garbage among it, again and again, is a fifth of the time that importing takes.
    gc.disable()
    for name in HEAVY:
        # What is not installed is a script's own matter.
        with suppress(ImportError):
            import_module(name)
    # Collecting garbage in a fork would copy what it shares with this process.
    gc.freeze()
    gc.enable()


def next_script(server):
    """Serves; returns what to run in the process of a script."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    warm = False
    while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
        connection, _ = server.accept()
        if not warm:
            import_heavy()
            warm = True
        if os.fork() == 0:
            server.close()
            return script_of(connection)
        connection.close()
    # Libraries would say a lot when they are ended.
    os._exit(0)


def script_of(connection):
    """Answers when the script has ended; returns what to run in its process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(connection.makefile(encoding="utf-8").readline())
    stdin, stdout, stderr = streams = [tempfile.TemporaryFile() for _ in range(3)]
    stdin.write(request["input"].encode())
    stdin.seek(0)
    script = os.fork()
    if script == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        return request
    if connection in select.select([os.pidfd_open(script), connection], [], [])[0]:
        os.kill(script, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(script, 0)[1])
    texts = {}
    for name, stream in (("stdout", stdout), ("stderr", stderr)):
        stream.seek(0)
        texts[name] = stream.read().decode(errors="replace")
    with suppress(BrokenPipeError):
        connection.sendall(json.dumps({"status": status, **texts}).encode())
    os._exit(0)


def run(args, cwd, env):
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    # In place of this file's folder, and then as Python itself does.
    sys.path[:1] = ["", *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    first, *others = args
    if first == "-c":
        sys.argv = [first, *others[1:]]
        exec(compile(others[0], "<string>", "exec"), {"__name__": "__main__"})
    elif first == "-m":
        sys.argv = list(others)
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(args)
        sys.path[0] = os.path.dirname(os.path.abspath(first))
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("listening", flush=True)
        script = next_script(listener)
    run(script["args"], script["cwd"], script["env"])
