"""Rewards in every form that TRL takes, for trl_rewards.py and for our own worker: this file is the same for both."""

import asyncio
import functools


def text_of(completion):
    return completion if isinstance(completion, str) else completion[-1]["content"]


def see(prompts, completions, completion_ids, answer, trainer_state, log_extra, log_metric, **kwargs):
    """Logs what it was called with, and rewards nothing."""
    log_extra("prompts", prompts)
    log_extra("completions", completions)
    log_extra("completion_ids", completion_ids)
    log_extra("answer", answer)
    log_extra("others", [sorted(kwargs)] * len(prompts))
    log_extra("level", kwargs["level"])
    log_extra("state", [[trainer_state.global_step, trainer_state.max_steps]] * len(prompts))
    log_metric("mean_answer", sum(answer) / len(answer))
    log_metric("calls", 1)
    return [None] * len(prompts)


def length(prompts, completions, **kwargs):
    return [len(text_of(completion)) / 10 for completion in completions]


def some(completions, answer, **kwargs):
    return [None if value % 2 else float(value) for value in answer]


async def later(prompts, completions, answer, log_metric, **kwargs):
    await asyncio.sleep(0)
    log_metric("calls", 2)
    return [value + 0.5 for value in answer]


def scaled(completions, factor, **kwargs):
    return [factor * len(text_of(completion)) for completion in completions]


doubled = functools.partial(scaled, factor=2.0)


class Judge:
    """A callable that keeps something between calls, such as a client."""

    def __init__(self, bonus):
        self.bonus = bonus

    def __call__(self, prompts, completions, answer, **kwargs):
        return [self.bonus + value for value in answer]


judge = Judge(0.25)
