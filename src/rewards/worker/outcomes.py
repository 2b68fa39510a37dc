"""What a Python reward gave back, in the form that the host gets."""

import math

LARGEST_SCORE = 1e12  # of src/protocol/rewards.ts
# As it is before the user's code runs, which may put another in its place.
isfinite = math.isfinite


def to_outcomes(result, count):
    try:
        if isinstance(result, (str, bytes, dict)):
            raise TypeError
        given = iter(result)
    except TypeError:
        message = "The function returned {}; return a list with one number or None per completion.".format(shown(result))
        return [failure("wrong-type", message)] * count
    # What a generator throws is thrown by the function.
    rewards = list(given)
    if len(rewards) != count:
        message = "The function returned {} rewards for {} completions; return one for each.".format(len(rewards), count)
        return [failure("wrong-length", message)] * count
    return [to_outcome(reward) for reward in rewards]


def to_outcome(reward):
    if reward is None:
        return {"kind": "abstain"}
    try:
        if isinstance(reward, (str, bytes)):
            raise TypeError
        value = float(reward)  # numpy's and torch's scalars too
    except Exception:  # TypeError, ValueError and OverflowError of Python, RuntimeError of torch
        return failure("wrong-type", "The function gave {}; a reward is a number, or None to abstain.".format(shown(reward)))
    if not isfinite(value):
        return failure("nan", "The score is {}; return a finite number, or None to abstain.".format(value))
    if not -LARGEST_SCORE <= value <= LARGEST_SCORE:
        message = "The score is {}; scores must lie between -1e12 and 1e12: training computes in float32."
        return failure("too-large", message.format(value))
    return {"kind": "score", "score": value}


def failure(kind, message, **fields):
    return {"kind": "failure", "failure": kind, "message": message, **fields}


def shown(value):
    return "{:.100} ({})".format(repr(value), type(value).__name__)


def plain(value):
    """A value as JSON has it; a number that is not finite becomes null, anything unknown its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch
        return plain(value.tolist())
    return str(value)
