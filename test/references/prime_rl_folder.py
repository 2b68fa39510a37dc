"""A run directory of prime-rl, its lines written by verifiers' own code.

    pip install verifiers==0.4.0 orjson numpy
    python prime_rl_folder.py

Writes to fixtures/prime-rl-folder/CASE/ what `grpo import` reads. prime-rl is not on PyPI and needs GPUs: its `FileMonitor.log_episodes` is one line,
`orjson.dumps(episode.to_record(), default=str, option=OPT_APPEND_NEWLINE | OPT_SERIALIZE_NUMPY)`, and `log_metrics` another
(src/prime_rl/monitors/file.py at commit 559b4477), both repeated here. Episodes, traces and their JSON are verifiers'; completions are a dice's, and
tokens are characters. "traces" is the same as prime-rl 0.7 and 0.8 wrote it: a trace a line.
"""

import json
import random
import shutil
from pathlib import Path
from statistics import mean

import orjson
from verifiers.v1.episode import (
    EnvInfo, Episode, EvalWorkInfo, GroupInfo, PolicySpan, TrainRunInfo, TrainWorkInfo, WireEpisode,
)
from verifiers.v1.graph import MessageNode
from verifiers.v1.task import WireTaskData
from verifiers.v1.trace import ModelCall, TraceTask, WireTrace
from verifiers.v1.types import AssistantMessage, UserMessage

FIXTURES = Path(__file__).parent / "fixtures" / "prime-rl-folder"
SAMPLES = Path(__file__).parents[2] / "sample-workspace"
STEPS, PROMPTS, GENERATIONS = 3, 2, 4


def rows_of(name):
    return [json.loads(line) for line in (SAMPLES / f"data/sort.{name}.jsonl").read_text().splitlines()]


def task_of(row):
    return TraceTask(type="SortTask", data=WireTaskData(prompt=row["prompt"], numbers=row["numbers"]))


def trace_of(row, dice):
    wanted = sorted(row["numbers"])
    numbers = dice.sample(wanted, len(wanted)) if dice.random() < 0.6 else wanted
    answer = " ".join(map(str, numbers))
    prompt = MessageNode(message=UserMessage(content=row["prompt"]), token_ids=[*row["prompt"].encode()], mask=[False] * len(row["prompt"]))
    reply = MessageNode(
        parent=0, sampled=True, message=AssistantMessage(content=answer), token_ids=[*b"\n", *answer.encode()],
        mask=[False, *[True] * len(answer)], logprobs=[-0.5] * len(answer),
    )
    trace = WireTrace(task=task_of(row), agent={"config": {}}, nodes=[prompt, reply], ok=True, is_completed=True)
    trace.calls.append(ModelCall(node=1, model="Qwen/Qwen3-0.6B", finish_reason="length" if dice.random() < 0.2 else "stop"))
    trace.record_reward("places", mean(float(a == b) for a, b in zip(numbers, wanted)), weight=2.0)
    trace.record_reward("digits", float(answer.replace(" ", "").isdigit()), weight=0.5)
    trace.record_metric("num_numbers", len(numbers))
    return trace


def episodes_of(rows, generations, work, dice):
    """Finished in any order, with the advantages of prime-rl's `grpo`: reward minus the mean of the group."""
    episodes = []
    for number, row in enumerate(rows):
        traces = [trace_of(row, dice) for _ in range(generations)]
        for trace in traces:
            if work.type == "train":
                trace.nodes[1].advantages = [trace.reward - mean(one.reward for one in traces)] * len(trace.nodes[1].logprobs)
            episodes.append(
                WireEpisode(
                    env=EnvInfo(id="sort", name="sort"), task=task_of(row), ok=True, traces=[trace],
                    group=GroupInfo(id=f"{work.type}-{work.step}-{number}"), run=TrainRunInfo(id="run", work=work),
                )
            )
    dice.shuffle(episodes)
    return episodes


def write(folder, step, kind, records):
    path = folder / "rollouts" / f"step_{step}" / kind / "effective" / "traces.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    with open(path, "ab") as file:
        for record in records:
            file.write(orjson.dumps(record, default=str, option=options))


def main():
    dice = random.Random(7)
    for case in ("sort", "traces"):
        shutil.rmtree(FIXTURES / case, ignore_errors=True)
    train, held_out = rows_of("train"), rows_of("eval")[:2]
    for step in range(1, STEPS + 1):
        policy = PolicySpan(start=step - 1, end=step - 1)
        rows = train[step * PROMPTS : (step + 1) * PROMPTS]
        episodes: list[Episode] = episodes_of(rows, GENERATIONS, TrainWorkInfo(step=step, policy=policy), dice)
        write(FIXTURES / "sort", step, "train", [episode.to_record() for episode in episodes])
        write(FIXTURES / "traces", step, "train", [{**trace.to_record(), "info": {"group_id": episode.group.id}} for episode in episodes for trace in episode.traces])
        if step % 2:
            measured = episodes_of(held_out, 1, EvalWorkInfo(step=step, policy=policy), dice)
            write(FIXTURES / "sort", step, "eval", [episode.to_record() for episode in measured])
        with open(FIXTURES / "sort/metrics.jsonl", "a", buffering=1) as file:
            for metrics in ({"train/agg/effective/reward/mean": 1.0, "time/step": 2.5, "step": step}, {"optim/lr": 1e-6, "optim/grad_norm": 0.5, "step": step}):
                file.write(json.dumps({"step": step, "time": 1785000000.0 + step, **metrics}) + "\n")


main()
