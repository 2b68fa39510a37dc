"""What a debugger runs for "Debug on Sample" of a Python reward: one call of one function, without any limits.

It loads and calls the function as the reward worker beside it does.
"""

import importlib.util
import inspect
import asyncio
import json
import os
import sys


def load_worker():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reward-worker.py")
    spec = importlib.util.spec_from_file_location("grpo_reward_worker", path)
    worker = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = worker
    spec.loader.exec_module(worker)
    worker.limit_memory = lambda limit: None
    worker.reply = report
    return worker


def report(**message):
    if message["type"] == "load-failed":
        sys.exit("{}:{}: {}".format(message.get("file"), message.get("line"), message["message"]))


def sample_on(file, line):
    with open(file, encoding="utf-8-sig") as lines:
        for number, text in enumerate(lines, 1):
            if number == line:
                return json.loads(text)
    sys.exit("{} no longer has a sample on line {}.".format(file, line))


def main():
    target = json.loads(sys.argv[1])
    # A worker does not see them either.
    for variable in target["hidden"]:
        os.environ.pop(variable, None)
    sample = sample_on(target["samples"], target["line"])
    worker = load_worker()
    with open(target["file"], encoding="utf-8-sig") as source:
        request = {"file": target["file"], "source": source.read(), "names": [target["name"]], "memoryLimitBytes": 0}
    functions = worker.load(request)
    reserved = ("prompt", "prompts", "completion", "completions", "completion_ids", "expect")
    batch = {
        "prompts": [sample["prompt"]],
        "completions": [sample["completion"]],
        "completionIds": None,
        "columns": {name: [value] for name, value in sample.items() if name not in reserved},
        "trainerState": None,
    }
    result = functions[target["name"]](**worker.trl_arguments(batch, {}, {}))
    if inspect.isawaitable(result):
        result = asyncio.run(result)
    print("{} on sample {}: {}".format(target["name"], target["line"], list(result)[0]))


if __name__ == "__main__":
    main()
