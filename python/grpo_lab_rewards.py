"""Reward functions in TypeScript, as functions that TRL's GRPOTrainer takes.

    from grpo_lab_rewards import reward_functions
    trainer = GRPOTrainer(..., reward_funcs=reward_functions("rewards/sort.reward.ts#inclusion", "rewards/sort.reward.ts#ordering"))

Each process of a training keeps a reward host of its own (`reward-host.js`, Node 20 or newer), and that a worker for each file, with the same
limits as in GRPO Lab: a row that throws, hangs or gives no number is None, which TRL leaves out, and a warning says where it failed. The host
ends with this process, however that ends.
"""

import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

OLDEST_NODE = 20
# What TRL passes beside the dataset's columns.
NOT_COLUMNS = {"prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric", "environments"}
HERE = Path(__file__).resolve().parent


def reward_functions(*rewards: str, timeout: float = 10, env: tuple[str, ...] = (), node: str | None = None) -> list:
    """
    Args:
        rewards: Reward files, `rewards/sort.reward.ts` for all functions that it exports, or `rewards/sort.reward.ts#ordering` for one.
        timeout: Seconds that a call may take, as `rewardTimeoutSeconds`.
        env: Names of environment variables that the functions get besides the usual ones, as `rewardEnv`.
        node: The Node executable; if omitted, `GRPO_LAB_NODE` or `node` on the PATH.

    Returns:
        Functions for `reward_funcs`, in the order of `rewards`, those of one file in the order of its source code.

    Raises:
        ValueError: A file does not compile or load, or has no such function.
        RuntimeError: Node is missing or too old, or the host cannot be found.
    """
    host = _Host(_find_node(node), rewards, timeout, env)
    return [_function(host, index, each["name"], each["file"]) for index, each in enumerate(host.functions)]


def _function(host, index, name, file):
    def reward(prompts, completions, completion_ids=None, **kwargs):
        column = host.score(prompts, completions, completion_ids, kwargs)[index]
        reward.verdicts = column
        return [outcome["score"] if outcome["kind"] == "score" else None for outcome in column]

    reward.__name__ = reward.__qualname__ = name
    reward.file = file
    # Of the last call, for GRPOLabCallback: why rows failed, reasons, extracted answers.
    reward.verdicts = None
    return reward


class _Host:
    def __init__(self, node, rewards, timeout, env):
        self._ask = threading.Lock()
        self._warned = set()
        self._last = (None, None)
        # In a session of its own: Ctrl-C in a terminal is for the training, at whose end its input closes.
        self._process = subprocess.Popen(
            [node, "--no-warnings", str(_find_host())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        request = {"type": "open", "rewards": list(rewards), "timeoutSeconds": timeout, "rewardEnv": list(env), "python": sys.executable}
        self.functions = self._exchange(request)["functions"]

    def score(self, prompts, completions, completion_ids, kwargs):
        """Outcomes [function][row]. TRL calls one function after the other on the same lists: all are scored at the first call."""
        batch, columns = self._last
        if batch is not completions:
            columns = self._score(prompts, completions, completion_ids, kwargs)
            self._last = (completions, columns)
        return columns

    def _score(self, prompts, completions, completion_ids, kwargs):
        state = kwargs.get("trainer_state")
        batch = {
            "prompts": list(prompts),
            "completions": [_text_of(completion) for completion in completions],
            "columns": {key: _json(value) for key, value in kwargs.items() if key not in NOT_COLUMNS},
        }
        if completion_ids is not None:
            batch["completionIds"] = [[int(token) for token in ids] for ids in completion_ids]
        if state is not None:
            batch["trainerState"] = {"globalStep": state.global_step, "maxSteps": state.max_steps}
        scored = self._exchange({"type": "score", "batch": batch})
        for name, value in scored["metrics"].items():
            if value is not None and "log_metric" in kwargs:
                kwargs["log_metric"](name, value)
        for name, values in scored["extra"].items():
            if len(values) == len(completions) and "log_extra" in kwargs:
                kwargs["log_extra"](name, values)
        for column in scored["columns"]:
            self._tell_failures(column["name"], column["outcomes"])
        return [column["outcomes"] for column in scored["columns"]]

    def _exchange(self, request):
        with self._ask:
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                pass  # its end is seen below
            for line in self._process.stdout:
                reply = json.loads(line)
                if reply["type"] == "output":
                    sys.stderr.write(reply["text"])
                elif reply["type"] == "warning":
                    print(f"grpo_lab: {reply['text']}", file=sys.stderr)
                elif reply["type"] == "refused":
                    raise ValueError(reply["message"])
                else:
                    return reply
        raise RuntimeError(f"The process that runs the rewards ended with exit code {self._process.wait()}; its last words are above.")

    def _tell_failures(self, name, outcomes):
        """Each place once: a function that throws at one line throws there in most steps."""
        if any("steps" in outcome for outcome in outcomes) and (name, "steps") not in self._warned:
            self._warned.add((name, "steps"))
            print(f"grpo_lab: {name} scores the steps of completions; TRL trains on the score of the whole alone.", file=sys.stderr)
        # A run of GRPO Lab tells them itself (grpo_lab_host.py).
        failures = [outcome for outcome in outcomes if outcome["kind"] == "failure" and "GRPO_LAB_EVENTS" not in os.environ]
        for failure in failures:
            place = ":".join(str(failure[key]) for key in ("file", "line", "column") if key in failure)
            if (name, place) in self._warned:
                continue
            self._warned.add((name, place))
            print(f"grpo_lab: {place}: {name}: {failure['message']} ({len(failures)} of {len(outcomes)} completions failed)", file=sys.stderr)


def _find_node(given):
    node = given or os.environ.get("GRPO_LAB_NODE") or "node"
    found = shutil.which(node)
    if found is None:
        raise RuntimeError(
            f"TypeScript rewards need Node {OLDEST_NODE} or newer, and {node} is not on the PATH of {platform.node()}; "
            "install it from https://nodejs.org, or set GRPO_LAB_NODE to its path."
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    number = re.match(r"v(\d+)\.", said)
    if number is None or int(number[1]) < OLDEST_NODE:
        raise RuntimeError(f"TypeScript rewards need Node {OLDEST_NODE} or newer, but {found} is {said.strip() or 'no Node'}; install a newer one, or set GRPO_LAB_NODE.")
    return found


def _find_host():
    """Beside this file, as GRPO Lab installs it, or in the folder that `grpo export trl` writes."""
    places = [HERE / "reward-host.js", HERE / "worker" / "reward-host.js", HERE.parent / "dist" / "reward-host.js"]
    for place in places:
        if place.exists():
            return place
    raise RuntimeError(f"reward-host.js is missing: neither {places[0]} nor {places[1]} exists. `grpo export trl` writes a folder that has it.")


def _text_of(completion):
    if isinstance(completion, str):
        return completion
    content = completion[-1].get("content") if completion else ""
    return content if isinstance(content, str) else ""


def _json(value):
    """JSON has no NaN; what is no data goes as its text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return _json(value.tolist()) if hasattr(value, "tolist") else str(value)
