"""The end of a Python reward worker, and of what it started, once its host is gone."""

import os
import signal
import sys
import threading
import time


def watch_lifeline(lifeline, last_descriptor):
    """Ends this process and what it started once the host is gone, even if it was killed.

    A forked process watches, not a thread: code that holds the interpreter's lock (a regular expression that never
    ends) would keep a thread from running. Windows cannot fork and has to do with the thread.
    """

    def wait_for_end():
        try:
            while os.read(lifeline, 1):
                pass
        except OSError:
            pass

    def end_after_waiting():
        wait_for_end()
        os._exit(1)

    if not hasattr(os, "fork"):
        threading.Thread(target=end_after_waiting, daemon=True).start()
    elif os.fork() == 0:
        os.closerange(1, last_descriptor + 1)
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
