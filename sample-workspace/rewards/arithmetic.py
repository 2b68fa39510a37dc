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
    """The number in the tags, if no words or other numbers are there, or the last number of the text, if no words follow and no "not" precedes it.

    The last number of any text would be simpler, but then "definitely not 52" and "52 is wrong" earn as much as 52:
    "GRPO: Audit Rewards" tries such tricks. It also tells that "fifty-two", "52 units" and a boxed 52 earn nothing, which is fine here: no prompt
    asks for them.
    """
    tagged = re.search(r"<answer>(.*?)</answer>", completion, re.DOTALL)
    if tagged:
        number = re.fullmatch(r"[^a-zA-Z\d-]*(-?\d+)(\.0+)?[^a-zA-Z\d]*", tagged[1])
    else:
        number = re.search(r"(?<!\bnot )(?<!\bbut )(?<!\d)(-?\d+)[^a-zA-Z\d]*$", completion)
    return int(number[1]) if number else None
