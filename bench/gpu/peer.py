"""A GRPO step of PyTorch on a GPU, of a Llama-like model with random weights: what ours is compared to where TRL is not installed.

    python peer.py WORK.json PRECISION

WORK.json has the sizes of the model and of the step; PRECISION is float32 or bfloat16 (weights too). Prints one JSON line a step. The
model is transformers' where that is installed, generation included (`generate` with its cache); else the one below, which
computes the same with PyTorch's fused attention.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

work = json.load(open(sys.argv[1]))
precision = {"float32": torch.float32, "bfloat16": torch.bfloat16}[sys.argv[2]]
device = "cuda" if torch.cuda.is_available() else "cpu"
shape = work["model"]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        width, self.d = shape["hiddenSize"], shape["headDim"]
        self.q = nn.Linear(width, shape["heads"] * self.d, bias=False)
        self.k = nn.Linear(width, shape["kvHeads"] * self.d, bias=False)
        self.v = nn.Linear(width, shape["kvHeads"] * self.d, bias=False)
        self.o = nn.Linear(shape["heads"] * self.d, width, bias=False)

    def forward(self, x, cos, sin, cache):
        rows, tokens, _ = x.shape
        heads = lambda y: y.view(rows, tokens, -1, self.d).transpose(1, 2)
        q, k, v = rotate(heads(self.q(x)), cos, sin), rotate(heads(self.k(x)), cos, sin), heads(self.v(x))
        if cache is not None:
            k, v = cache.append(k, v)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=tokens > 1, enable_gqa=True)
        return self.o(y.transpose(1, 2).reshape(rows, tokens, -1))


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Cache:
    """Keys and values of one layer, in buffers as long as they will get."""

    def __init__(self, rows, length):
        size = (rows, shape["kvHeads"], length, shape["headDim"])
        self.k, self.v = (torch.empty(size, device=device, dtype=precision) for _ in range(2))
        self.filled = 0

    def append(self, k, v):
        end = self.filled + k.shape[2]
        self.k[:, :, self.filled : end], self.v[:, :, self.filled : end] = k, v
        self.filled = end
        return self.k[:, :, :end], self.v[:, :, :end]


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        width, inner = shape["hiddenSize"], shape["intermediateSize"]
        self.norm1, self.norm2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.attention = Attention()
        self.gate, self.up = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin, cache):
        x = x + self.attention(self.norm1(x), cos, sin, cache)
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(shape["vocabSize"], shape["hiddenSize"])
        nn.init.normal_(self.embed.weight, std=0.02)
        self.layers = nn.ModuleList(Layer() for _ in range(shape["layers"]))
        self.norm = nn.RMSNorm(shape["hiddenSize"])

    def forward(self, ids, start=0, caches=None, last=None):
        half = shape["headDim"] // 2
        frequencies = shape["ropeTheta"] ** (-torch.arange(half, device=device) / half)
        angles = torch.arange(start, start + ids.shape[1], device=device)[:, None] * frequencies
        cos, sin = angles.cos().to(precision), angles.sin().to(precision)
        x = self.embed(ids)
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, caches[index] if caches else None)
        x = self.norm(x if last is None else x[:, -last:])
        return x @ self.embed.weight.T

    @torch.no_grad()
    def generate(self, ids, tokens):
        caches = [Cache(len(ids), ids.shape[1] + tokens) for _ in self.layers]
        logits, done = self(ids, 0, caches, last=1), ids
        for _ in range(tokens):
            drawn = torch.multinomial(logits[:, -1].float().softmax(-1), 1)
            done = torch.cat([done, drawn], 1)
            if done.shape[1] < ids.shape[1] + tokens:
                logits = self(drawn, done.shape[1] - 1, caches)
        return done


class FromTransformers(nn.Module):
    def __init__(self, transformers):
        super().__init__()
        sizes = dict(vocab_size=shape["vocabSize"], hidden_size=shape["hiddenSize"], head_dim=shape["headDim"])
        sizes |= dict(intermediate_size=shape["intermediateSize"], num_hidden_layers=shape["layers"])
        sizes |= dict(num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"])
        config = transformers.LlamaConfig(**sizes, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None)
        self.model = transformers.LlamaForCausalLM(config)

    def forward(self, ids, last):
        return self.model(input_ids=ids, logits_to_keep=last).logits

    def generate(self, ids, tokens):
        options = dict(max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True, top_k=0, pad_token_id=0)
        return self.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **options)


def completion_log_probs(model, ids, tokens):
    """Of the last `tokens` of each row, in micro-batches of the caller's."""
    logits = model(ids, last=tokens + 1)[:, :-1].float()
    return -F.cross_entropy(logits.flatten(0, 1), ids[:, -tokens:].flatten(), reduction="none").view(len(ids), tokens)


def synchronized():
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def main():
    torch.manual_seed(0)
    try:
        import transformers

        make, generator = lambda: FromTransformers(transformers), f"transformers {transformers.__version__}"
    except ImportError:
        make, generator = Model, "this script"
    policy, reference = (make().to(device, precision) for _ in range(2))
    reference.requires_grad_(False)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6, fused=device == "cuda")
    rows = work["prompts"] * work["generations"]
    prompts = torch.randint(0, shape["vocabSize"], (work["prompts"], work["promptTokens"]), device=device)
    prompts = prompts.repeat_interleave(work["generations"], 0)
    advantages = torch.tensor([(row * 5) % 7 / 3 - 1 for row in range(rows)], device=device)[:, None]
    parameters = sum(p.numel() for p in policy.parameters())

    for step in range(work["steps"] + 1):
        started = synchronized()
        ids = policy.generate(prompts, work["tokens"])
        sampled = synchronized()
        size = math.ceil(rows / work["microBatches"])
        with torch.no_grad():
            references = [completion_log_probs(reference, part, work["tokens"]) for part in ids.split(size)]
        scored = synchronized()
        optimizer.zero_grad()
        for part, ref, advantage in zip(ids.split(size), references, advantages.split(size)):
            log_probs = completion_log_probs(policy, part, work["tokens"])
            ratio = (log_probs - log_probs.detach()).exp()
            kl = (ref - log_probs).exp() - (ref - log_probs) - 1
            loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage) + 0.04 * kl
            (loss.mean() * len(part) / rows).backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        ended = synchronized()
        if step > 0:  # the first one warms up
            memory = torch.cuda.max_memory_allocated() if device == "cuda" else None
            seconds = dict(rollout=sampled - started, reference=scored - sampled, update=ended - scored)
            figures = dict(parameters=parameters, **seconds, step=ended - started, memory=memory)
            print(json.dumps(figures | dict(device=device, torch=torch.__version__, generator=generator)), flush=True)


main()
