"""A reward of a user's own, in a file of its own, so that it can be rescored."""


def inclusion(completions, numbers, **kwargs):
    return [
        float(sum(word in map(str, row) for word in completion.split())) for completion, row in zip(completions, numbers, strict=True)
    ]
