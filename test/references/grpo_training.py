"""What TRL's GRPOTrainer makes of recorded rollouts: the reference that our training is checked against.

    python grpo_training.py [CASE...]

Writes to fixtures/grpo-training/:
  rollouts-MODEL.jsonl    the recorded completions and rewards, in the format of a run folder
  rollouts-MODEL-turns.jsonl  the same, as if the middle of completions was not the policy's: for the cases "turns-..."
  cases.json              for each case its run config, and what TRL logged at each of its optimizer steps
  CASE.safetensors        the weights after training; with LoRA the adapter's
  CASE-start.safetensors  with LoRA: the adapter that training started from

The trainer is TRL's own; only what would be random is replaced: completions and rewards are the recorded ones. A step of
ours is one batch of rollouts, so TRL's `max_steps`, which counts optimizer steps, is `maxSteps * numIterations * numMiniBatches`.
The order in which TRL divides a batch among mini-batches is the one that ours draws.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from our_random import permutation

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = FIXTURES / "grpo-training"
SEED = 42  # our default
RECORDED_STEPS, PROMPTS, GENERATIONS, LONGEST = 5, 2, 4, 12
PROMPT_TEXTS = [
    "3 1 0 2",
    "Sort the digits: 9 8 7.",
    "17 + 25",
    "What is the answer?",
    "2 2 2",
    "Think step by step: 5 0 5 1",
    "1 0",
    "the digits 4 4 0 1 are",
    "What is 1 + 1?",
    "6 7",
]

BASE = dict(
    model="llama3-biased",
    promptsPerStep=PROMPTS,
    numGenerations=GENERATIONS,
    maxCompletionLength=LONGEST,
    maxSteps=3,
    numIterations=1,
    numMiniBatches=1,
    gradientAccumulationSteps=1,
    shuffleDataset=False,
    lossType="grpo",
    beta=0.0,
    epsilon=0.2,
    temperature=1.0,
    scaleRewards="group",
    learningRate=1e-3,
    lrSchedulerType="constant",
    warmupSteps=0,
    weightDecay=0.0,
    # Clips some steps and not others: AdamW hides the scale of a loss from the weights, and so would clipping every step.
    maxGradNorm=5.0,
)

CASES: dict[str, dict] = {}
for loss in ["grpo", "dapo", "dr_grpo"]:
    CASES[loss] = dict(lossType=loss)
    CASES[f"{loss}-kl"] = dict(lossType=loss, beta=0.04)
    CASES[f"{loss}-iterations"] = dict(lossType=loss, beta=0.04, numIterations=2)
    CASES[f"{loss}-plain-kl"] = dict(lossType=loss, beta=0.5, useBiasCorrectionKl=False, numIterations=2)
    CASES[f"{loss}-accumulation"] = dict(lossType=loss, beta=0.04, gradientAccumulationSteps=4)
CASES |= {
    "dapo-iterations-accumulation": dict(lossType="dapo", beta=0.04, numIterations=2, gradientAccumulationSteps=4),
    "bnpo": dict(lossType="bnpo", numIterations=2, epsilonHigh=0.28),
    "cispo": dict(lossType="cispo", numIterations=2, epsilonHigh=1.05),
    "sapo": dict(lossType="sapo", numIterations=2),
    "luspo": dict(lossType="luspo", importanceSamplingLevel="sequence", numIterations=2, epsilon=0.02, beta=0.04),
    "luspo-accumulation": dict(lossType="luspo", beta=0.04, gradientAccumulationSteps=4),
    "vespo": dict(lossType="vespo", numIterations=3),
    "top-entropy": dict(topEntropyQuantile=0.3, numIterations=2, beta=0.04, entropyCoef=0.05),
    "sequence": dict(importanceSamplingLevel="sequence", numIterations=2, epsilon=0.02, beta=0.04),
    "delta": dict(delta=1.1, numIterations=2, epsilonHigh=0.3),
    "scale-batch": dict(scaleRewards="batch"),
    "scale-none": dict(scaleRewards="none"),
    "normalize-then-sum": dict(multiObjectiveAggregation="normalize_then_sum"),
    "mask-truncated-grpo": dict(maskTruncatedCompletions=True),
    "mask-truncated-dapo": dict(lossType="dapo", maskTruncatedCompletions=True),
    "temperature": dict(temperature=0.7, beta=0.04),
    "entropy": dict(entropyCoef=0.05),
    "sync-reference": dict(maxSteps=4, beta=0.5, syncRefModel=True, refModelSyncSteps=2),
    "mixed-reference": dict(maxSteps=5, beta=0.5, syncRefModel=True, refModelSyncSteps=2, refModelMixupAlpha=0.6),
    "off-policy-mask": dict(offPolicyMaskThreshold=0.02, numIterations=3, beta=0.04),
    "adaptive-entropy": dict(
        useAdaptiveEntropy=True,
        entropyCoef=0.05,
        entropyCoefDelta=0.02,
        entropyCoefMax=0.08,
        entropyTarget=4.0,
        numIterations=2,
        maxSteps=5,
    ),
    "adaptive-top-entropy": dict(
        useAdaptiveEntropy=True, entropyTarget=4.25, entropyCoefDelta=0.02, topEntropyQuantile=0.3, numIterations=2
    ),
    "mini-batches-grpo": dict(numMiniBatches=4),
    "mini-batches-dapo": dict(lossType="dapo", numMiniBatches=2, numIterations=2, beta=0.04, maskTruncatedCompletions=True),
    "mini-batches-bnpo": dict(lossType="bnpo", numMiniBatches=2, gradientAccumulationSteps=2, lrSchedulerType="linear"),
    "mini-batches-dr_grpo": dict(
        lossType="dr_grpo", numMiniBatches=2, maxSteps=4, beta=0.5, syncRefModel=True, refModelSyncSteps=2
    ),
    "mini-batches-luspo": dict(lossType="luspo", importanceSamplingLevel="sequence", epsilon=0.02, numMiniBatches=4),
    "mini-batches-cispo": dict(lossType="cispo", numMiniBatches=4, gradientAccumulationSteps=2, epsilonHigh=1.05),
    "mini-batches-entropy": dict(
        lossType="dapo", numMiniBatches=2, useAdaptiveEntropy=True, entropyCoef=0.05, entropyCoefDelta=0.02, entropyTarget=4.0
    ),
    "mini-batches-top-entropy": dict(numMiniBatches=2, numIterations=2, topEntropyQuantile=0.3, entropyCoef=0.05),
    "preference": dict(dpoCoef=0.5, dpoBeta=0.3, beta=0.04, numIterations=2),
    "preference-lora": dict(
        dpoCoef=2.0,
        dpoBeta=0.1,
        beta=0.04,
        numIterations=2,
        maskTruncatedCompletions=True,
        lora=dict(r=4, loraAlpha=8, targetModules="all-linear"),
    ),
    "cosine-decay": dict(maxSteps=5, lrSchedulerType="cosine", warmupSteps=2, weightDecay=0.1),
    "linear-decay": dict(maxSteps=5, lrSchedulerType="linear", warmupSteps=1, weightDecay=0.1),
    "clip": dict(maxGradNorm=0.1),
    "no-clip": dict(maxGradNorm=0),
    "adam": dict(adamBeta1=0.8, adamBeta2=0.95, adamEpsilon=1e-3),
    "qwen3": dict(model="qwen3", beta=0.04, numIterations=2),
    "turns-grpo": dict(beta=0.04, numIterations=2),
    "turns-dapo": dict(lossType="dapo", beta=0.04, gradientAccumulationSteps=4, maskTruncatedCompletions=True),
    "turns-sequence": dict(importanceSamplingLevel="sequence", numIterations=2, epsilon=0.02, entropyCoef=0.05),
    "lora": dict(lora=dict(r=4, loraAlpha=8, targetModules="all-linear"), beta=0.04, numIterations=2),
    "lora-rank-stabilised": dict(
        model="qwen3",
        lora=dict(r=2, loraAlpha=4, targetModules=["k_proj", "v_proj", "down_proj"], useRslora=True),
        beta=0.04,
        gradientAccumulationSteps=2,
        weightDecay=0.1,
    ),
    "lora-patterns": dict(
        lora=dict(
            r=2,
            loraAlpha=4,
            targetModules=r".*\.(q|k|gate|down)_proj",
            excludeModules=["model.layers.1.self_attn.k_proj"],
            rankPattern={"down_proj": 3, r"layers\.0\..*q_proj": 1},
            alphaPattern={"gate_proj": 7},
        ),
        beta=0.04,
    ),
    "lora-dora": dict(lora=dict(r=2, loraAlpha=4, targetModules="all-linear", useDora=True), beta=0.04, numIterations=2),
    "lora-dora-some": dict(
        model="qwen3", lora=dict(r=2, loraAlpha=4, targetModules=["k_proj", "up_proj"], useDora=True), weightDecay=0.1
    ),
    # TRL trains no adapter on the head.
    "lora-embeddings": dict(lora=dict(r=2, loraAlpha=4, targetModules=["q_proj", "embed_tokens"]), beta=0.04, numIterations=2),
    "lora-dora-embeddings": dict(lora=dict(r=2, loraAlpha=4, targetModules=["embed_tokens"], useDora=True), beta=0.04),
    "lora-saved": dict(
        model="qwen3",
        lora=dict(r=2, loraAlpha=4, targetModules=["v_proj"], modulesToSave=["embed_tokens", "lm_head"]),
        beta=0.04,
        numIterations=2,
        weightDecay=0.1,
    ),
    "lora-saved-tied": dict(
        lora=dict(r=2, loraAlpha=4, targetModules=["v_proj"], modulesToSave=["embed_tokens"]), beta=0.04, numIterations=2
    ),
}


@torch.no_grad()
def record_rollouts(name: str) -> list[dict]:
    """Completions of all lengths up to the longest, sampled from the start model, with made-up rewards."""
    folder = FIXTURES / "models" / name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    generator = torch.Generator().manual_seed(7)

    def below(bound: int) -> int:
        return int(torch.randint(bound, (1,), generator=generator))

    def sample(prompt_ids: list[int]) -> tuple[list[int], bool]:
        truncated = below(4) == 0
        length = LONGEST if truncated else 2 + below(LONGEST - 1)
        ids = []
        while len(ids) < (length if truncated else length - 1):
            logits = model(torch.tensor([prompt_ids + ids])).logits[0, -1]
            logits[[tokenizer.eos_token_id, tokenizer.pad_token_id]] = -torch.inf
            ids.append(int(torch.multinomial(logits.softmax(-1), 1, generator=generator)))
        return (ids, True) if truncated else ([*ids, tokenizer.eos_token_id], False)

    rows = []
    for index in range(RECORDED_STEPS * PROMPTS * GENERATIONS):
        group, place = index // GENERATIONS, index % GENERATIONS
        step = 1 + group // PROMPTS
        prompt = PROMPT_TEXTS[group]
        prompt_ids = tokenizer(prompt)["input_ids"]
        completion_ids, truncated = sample(prompt_ids)
        rewards = {"match": below(9) / 8, "brevity": below(5) / 4 - 0.5}
        if group == 1:  # a group without a signal
            rewards = {"match": 1.0, "brevity": 0.5}
        if (group, place) == (2, 1):  # one function abstains
            rewards["brevity"] = None
        if (group, place) == (5, 2):  # both do
            rewards = {"match": None, "brevity": None}
        given = [reward for reward in rewards.values() if reward is not None]
        rows.append(
            dict(
                step=step,
                group=group % PROMPTS,
                prompt=prompt,
                prompt_ids=prompt_ids,
                completion=tokenizer.decode(completion_ids, skip_special_tokens=True),
                completion_ids=completion_ids,
                rewards=rewards,
                reward=sum(given) if given else None,
                length=len(completion_ids),
                truncated=truncated,
            )
        )
    return rows


def with_turns(rows: list[dict]) -> list[dict]:
    """Completions of four tokens or more in three segments; what is in the middle was not written by the policy."""
    changed = []
    for row in rows:
        length = len(row["completion_ids"])
        first, second = 1 + length // 4, length // 3
        lengths = [first, second, length - first - second] if length >= 4 else [length]
        segments = [dict(tokens=tokens, trained=place != 1) for place, tokens in enumerate(lengths)]
        trained = sum(segment["tokens"] for segment in segments if segment["trained"])
        changed.append(row | dict(segments=segments, length=trained))
    return changed


class RecordedRollouts(GRPOTrainer):
    """
    TRL's trainer on recorded completions: generation returns them, and the reward functions look their scores up. Segments that are not
    trained are what TRL's `env_mask` leaves out. `preference`: the term that we add to TRL's loss, on each group's best and worst completion.
    """

    def __init__(self, rows: list[dict], preference: dict | None = None, mini_batches: int = 1, **kwargs):
        self.preference = preference
        self.mini_batches = mini_batches
        self.batches = [rows[i : i + PROMPTS * GENERATIONS] for i in range(0, len(rows), PROMPTS * GENERATIONS)]
        self.batch: list[dict] = []
        self.advantages: list[list[float]] = []

        def match(completions, **_):
            return [row["rewards"]["match"] for row in self.batch]

        def brevity(completions, **_):
            return [row["rewards"]["brevity"] for row in self.batch]

        dataset = Dataset.from_list([{"prompt": row["prompt"]} for row in rows[::GENERATIONS]])
        rollout_func = self._recorded_turns if "segments" in rows[0] else None
        super().__init__(reward_funcs=[match, brevity], train_dataset=dataset, rollout_func=rollout_func, **kwargs)

    def _recorded_turns(self, prompts, _):
        self.batch = self.batches.pop(0)
        assert prompts == [row["prompt"] for row in self.batch]
        masks = [[int(part["trained"]) for part in row["segments"] for _ in range(part["tokens"])] for row in self.batch]
        return dict(
            prompt_ids=[row["prompt_ids"] for row in self.batch],
            completion_ids=[row["completion_ids"] for row in self.batch],
            logprobs=None,
            env_mask=masks,
        )

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        self.batch = self.batches.pop(0)
        assert prompt_ids == [row["prompt_ids"] for row in self.batch]
        return [row["completion_ids"] for row in self.batch], None

    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        self.advantages.append(output["advantages"].tolist())
        output["pair"] = self._pairs()
        return output

    def _prepare_inputs(self, generation_batch):
        if self.mini_batches == 1:
            return super()._prepare_inputs(generation_batch)
        # The one time that TRL draws a permutation: when it has a new batch, the next of those that it has the advantages of.
        def order(size):
            return torch.tensor(permutation(SEED, ["mini-batches", len(self.advantages)], size))

        with patch("torch.randperm", order):
            return super()._prepare_inputs(generation_batch)

    def _pairs(self) -> torch.Tensor:
        """By row: its pair's number from 1 if it is the better one, minus that if it is the worse one, else 0."""
        pairs = torch.zeros(len(self.batch))
        for start in range(0, len(self.batch), GENERATIONS):
            counted = [
                (row["reward"], start + place)
                for place, row in enumerate(self.batch[start : start + GENERATIONS])
                if row["reward"] is not None and not (self.mask_truncated_completions and row["truncated"])
            ]
            best = max(counted, key=lambda each: each[0])
            worst = min(counted, key=lambda each: each[0])
            if best[0] > worst[0]:
                pairs[best[1]], pairs[worst[1]] = start + 1, -start - 1
        return pairs

    def _compute_loss(self, model, inputs):
        loss = super()._compute_loss(model, inputs)
        if self.preference is None:
            return loss
        ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
        attended = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
        length = inputs["completion_ids"].size(1)
        logps, _, _ = self._get_per_token_logps_and_entropies(model, ids, attended, length)
        drift = ((logps - inputs["ref_per_token_logps"]) * inputs["completion_mask"]).sum(-1)
        pair = inputs["pair"]
        chosen = [int((pair == number).nonzero()) for number in pair[pair > 0]]
        rejected = [int((pair == -number).nonzero()) for number in pair[pair > 0]]
        margins = self.preference["beta"] * (drift[chosen] - drift[rejected])
        return loss - self.preference["coef"] * torch.nn.functional.logsigmoid(margins).mean()


NOT_TRLS = ("model", "promptsPerStep", "maxSteps", "numMiniBatches", "gradientAccumulationSteps", "lora", "dpoCoef", "dpoBeta")


def snake_case(fields: dict) -> dict:
    return {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in fields.items()}


def lora_config(fields: dict) -> LoraConfig:
    return LoraConfig(**snake_case(fields), task_type="CAUSAL_LM", lora_dropout=0.0)


def trained_tensors(model) -> dict[str, torch.Tensor]:
    """Without the weights under an adapter on the embeddings, which PEFT saves as well."""
    return {key: value for key, value in get_peft_model_state_dict(model).items() if ".base_layer." not in key}


def start_adapter(name: str, model) -> dict[str, torch.Tensor]:
    """A as PEFT makes it. What would change nothing yet is off at random: so the policy and its reference differ from the first step on."""
    generator = torch.Generator().manual_seed(3)
    adapter = trained_tensors(model)
    for key, value in adapter.items():
        uniform = 2 * torch.rand(value.shape, generator=generator) - 1
        if "lora_magnitude_vector" in key:
            adapter[key] = value * (1 + 0.1 * uniform)
        elif "lora_" in key:
            scale = 0.1 if "lora_B" in key or "lora_embedding_A" in key else value.shape[1] ** -0.5
            adapter[key] = scale * uniform
        else:
            adapter[key] = value + 0.1 * value.std() * uniform
    save_file(adapter, FOLDER / f"{name}-start.safetensors")
    return adapter


def trl_config(config: dict, output_dir: str, attention: str) -> GRPOConfig:
    """Our run config as TRL's, which says the same in snake_case but for the units below."""
    rows = PROMPTS * GENERATIONS
    same = snake_case({key: value for key, value in config.items() if key not in NOT_TRLS})
    if "ref_model_sync_steps" in same:
        # Where we are not told to mix the two models, we take the trained one.
        same.setdefault("ref_model_mixup_alpha", 1.0)
        same["ref_model_sync_steps"] *= config["numIterations"] * config["numMiniBatches"]
    micro_batches = config["gradientAccumulationSteps"]
    return GRPOConfig(
        output_dir,
        **same,
        gradient_accumulation_steps=micro_batches,
        steps_per_generation=config["numMiniBatches"] * micro_batches,
        per_device_train_batch_size=rows // (config["numMiniBatches"] * micro_batches),
        max_steps=config["maxSteps"] * config["numIterations"] * config["numMiniBatches"],
        model_init_kwargs=dict(dtype="float32", attn_implementation=attention),
        optim="adamw_torch",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_dropout=True,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def train(
    name: str, config: dict, rows: list[dict], attention: str = "eager"
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], dict]:
    """The weights before and after training by the names of the start model's file or PEFT's, and what was logged."""
    folder = FIXTURES / "models" / config["model"]
    start = load_file(folder / "model.safetensors")
    peft_config = lora_config(config["lora"]) if "lora" in config else None
    with tempfile.TemporaryDirectory() as output_dir:
        args = trl_config(config, output_dir, attention)
        preference = dict(coef=config["dpoCoef"], beta=config["dpoBeta"]) if "dpoCoef" in config else None
        mini_batches = config["numMiniBatches"]
        trainer = RecordedRollouts(rows, preference, mini_batches, model=str(folder), args=args, peft_config=peft_config)
        trainer.remove_callback(PrinterCallback)
        if peft_config:
            start = start_adapter(name, trainer.model)
            set_peft_model_state_dict(trainer.model, start)
        trainer.train()
    state = trained_tensors(trainer.model) if peft_config else trainer.model.state_dict()
    weights = {name: state[name].contiguous().clone() for name in start}
    unsaid = {"epoch", "step", "step_time"}
    # The last entry of the history is a summary of the run.
    metrics = [{key: value for key, value in log.items() if key not in unsaid} for log in trainer.state.log_history[:-1]]
    return start, weights, {"advantages": trainer.advantages, "metrics": metrics}


def distance(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], start: dict[str, torch.Tensor] | None = None) -> float:
    """Largest relative distance of a tensor: |a - b| / |b|, or / |b - start|, the way that training went."""
    ratios = []
    for name in b:
        length = (b[name] - start[name] if start else b[name]).norm()
        ratios.append(float((a[name] - b[name]).norm() / length) if length > 0 else 0.0)
    return max(ratios)


def main(chosen: list[str]) -> None:
    if not chosen:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    rollouts = {name: record_rollouts(name) for name in ["llama3-biased", "qwen3"]}
    rollouts["llama3-biased-turns"] = with_turns(rollouts["llama3-biased"])
    for name, rows in rollouts.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (FOLDER / f"rollouts-{name}.jsonl").write_text("\n".join(lines) + "\n")

    cases = FOLDER / "cases.json"
    results = json.loads(cases.read_text()) if chosen else {}
    for name in chosen or CASES:
        config = BASE | CASES[name]
        rows = rollouts[config["model"] + ("-turns" if name.startswith("turns") else "")]
        start, weights, logged = train(name, config, rows)
        _, again, _ = train(name, config, rows, attention="sdpa")
        # How far two right answers are apart: the same in another order of summation.
        noise = {"weights": distance(again, weights), "update": distance(again, weights, start)}
        save_file(weights, FOLDER / f"{name}.safetensors")
        results[name] = {"config": config, "noise": noise, **logged}
        print_summary(name, noise, distance(weights, start), logged["metrics"])
    lines = [f"{json.dumps(name)}: {json.dumps(results[name], allow_nan=False)}" for name in CASES if name in results]
    cases.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def print_summary(name: str, noise: dict[str, float], update: float, metrics: list[dict]) -> None:
    last = metrics[-1]
    norms = " ".join(f"{step['grad_norm']:.3g}" for step in metrics)
    clipped = last.get("clip_ratio/region_mean", last.get("cispo_clip_ratio", 0))
    print(f"{name:30} noise {noise['weights']:.0e} of weights, {noise['update']:.0e} of update; update {update:.1e}; "
          f"grad norms {norms}; last: clipped {clipped:.2f}, kl {last.get('kl', 0):.3g}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
