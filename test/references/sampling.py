"""What transformers' filters leave of random next-token distributions, and which token a uniform number then draws.

Writes fixtures/sampling.json. Versions: requirements.txt.
"""

import json
from pathlib import Path

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

FIXTURE = Path(__file__).parent / "fixtures" / "sampling.json"
OPTIONS = [
    {"temperature": 1.0, "topK": 0, "topP": 1.0, "minP": 0.0},
    {"temperature": 0.7, "topK": 0, "topP": 1.0, "minP": 0.0},
    {"temperature": 1.0, "topK": 5, "topP": 1.0, "minP": 0.0},
    {"temperature": 1.3, "topK": 0, "topP": 0.6, "minP": 0.0},
    {"temperature": 1.0, "topK": 0, "topP": 0.01, "minP": 0.0},
    {"temperature": 1.0, "topK": 0, "topP": 1.0, "minP": 0.2},
    {"temperature": 0.9, "topK": 8, "topP": 0.7, "minP": 0.15},
]
ROWS = 6


def main():
    cases = []
    # 3000 is searched in two levels, block by block.
    for vocabulary in (20, 3000):
        generator = torch.Generator().manual_seed(vocabulary)
        logits = torch.randn(ROWS, vocabulary, generator=generator).mul(2).mul(2**14).round().div(2**14)
        uniforms = torch.rand(ROWS, generator=generator)
        for options in OPTIONS:
            warpers = LogitsProcessorList([TemperatureLogitsWarper(options["temperature"])])
            if options["topK"]:
                warpers.append(TopKLogitsWarper(options["topK"]))
            if options["topP"] < 1:
                warpers.append(TopPLogitsWarper(options["topP"]))
            if options["minP"]:
                warpers.append(MinPLogitsWarper(options["minP"]))
            filtered = torch.softmax(warpers(None, logits).double(), -1)
            running = filtered.cumsum(-1)
            drawn = (running <= uniforms.double()[:, None]).sum(-1)
            # So close to a bound that float32 may fall on the other side: no fixture.
            gap = (running - uniforms.double()[:, None]).abs().min(-1).values
            log_probs = torch.log_softmax(logits.double() / options["temperature"], -1)
            cases.append(
                {
                    "vocabulary": vocabulary,
                    "options": options,
                    "uniforms": uniforms.tolist(),
                    "drawn": drawn.tolist(),
                    "logProbs": log_probs.gather(1, drawn[:, None])[:, 0].tolist(),
                    "clear": (gap > 1e-5).tolist(),
                    "kept": (filtered > 0).sum(-1).tolist(),
                }
            )
        cases[-len(OPTIONS)]["logits"] = logits.tolist()
    FIXTURE.write_text(json.dumps(cases))


main()
