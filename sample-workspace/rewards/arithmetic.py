"""The rewards of arithmetic.reward.ts in Python, as TRL's GRPOTrainer takes them: reward_funcs=[correctness, format]."""

import re

TAGS = ["<reasoning>", "</reasoning>", "<answer>", "</answer>"]


def correctness(prompts, completions, answer, **kwargs):
    """2 points for the right sum, taken from the answer's tags or, without them, from the end of the text."""
    return [2.0 if extract(completion) == expected else 0.0 for completion, expected in zip(completions, answer)]


def format(prompts, completions, **kwargs):
    """0.2 points for each of the four tags that stands there just once."""
    return [sum(completion.count(tag) == 1 for tag in TAGS) / 5 for completion in completions]


def extract(completion):
    tagged = re.search(r"<answer>\s*(-?\d+)\s*</answer>", completion)
    numbers = [tagged[1]] if tagged else re.findall(r"-?\d+", completion)
    return int(numbers[-1]) if numbers else None
