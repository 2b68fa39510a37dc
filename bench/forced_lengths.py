"""Completions of given lengths from transformers' `generate`: the counterpart of `forced-lengths.ts`."""

import torch
from transformers import LogitsProcessor


def force_lengths(model, lengths: list[int], eos_token_ids: list[int]) -> None:
    """Makes each row of `model.generate` end at a length of its own, whatever the model would do."""
    generate = model.generate

    def generate_forced(input_ids, **kwargs):
        processor = ForcedLengths(lengths, input_ids.shape[1], eos_token_ids)
        return generate(input_ids=input_ids, logits_processor=[processor], **kwargs)

    model.generate = generate_forced


class ForcedLengths(LogitsProcessor):
    """Allows an end token only as a row's last one, and there nothing else; lengths count it."""

    def __init__(self, lengths: list[int], prompt_length: int, eos_token_ids: list[int]):
        self.lengths = torch.tensor(lengths)
        self.prompt_length = prompt_length
        self.eos_token_ids = eos_token_ids

    def __call__(self, input_ids, scores):
        scores[:, self.eos_token_ids] = -torch.inf
        ends = self.lengths == input_ids.shape[1] - self.prompt_length + 1
        if ends.any():
            scores[ends] = -torch.inf
            scores[ends, self.eos_token_ids[0]] = 0
        return scores
