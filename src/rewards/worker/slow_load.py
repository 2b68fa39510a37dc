"""A reward file that takes too long to load, such as one that downloads a dataset first: which line it has reached."""

import os
import sys
import threading
import traceback

from grpo_reward_errors import place_among


def end_when_slow(seconds, reply):
    """Ends the process after this many seconds, unless the timer that is returned is cancelled before."""
    loading = threading.current_thread().ident

    def end():
        place = place_among(traceback.extract_stack(sys._current_frames()[loading]))
        reply(type="stray", message="it took longer than {:g} s and was stopped here.".format(seconds), fatal=True, **place)
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
