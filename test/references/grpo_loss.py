"""Reference numbers for src/grpo and src/engine/optimizer.ts, written to fixtures/grpo-loss.json.

Run: python test/references/grpo_loss.py      (made with torch 2.15.0, transformers 5.23.0, trl 1.16.0)

Losses and advantages come from TRL's own code, not from a copy of its formulas: `_compute_loss` runs on a stand-in trainer whose
"model" returns given log-probabilities, and the lines that turn rewards into advantages are cut out of TRL's source and run.
"""

import inspect
import json
import textwrap
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
import trl
from transformers import Trainer
from trl import GRPOTrainer
from trl.trainer.utils import nanstd

DEFAULTS = dict(
    lossType="grpo",
    epsilon=0.2,
    epsilonHigh=0.28,
    delta=None,
    beta=0.0,
    importanceSamplingLevel="token",
    maxCompletionLength=8,
    sapoTemperaturePos=1.0,
    sapoTemperatureNeg=1.05,
    vespoKPos=2.0,
    vespoLambdaPos=3.0,
    vespoKNeg=3.0,
    vespoLambdaNeg=2.0,
    topEntropyQuantile=1.0,
    offPolicyMaskThreshold=None,
    entropyCoef=0.0,
)
OUR_OWN = ("reinforce", "ratio")  # not in TRL: per token as stated in their source, averaged as TRL averages grpo

generator = torch.Generator().manual_seed(7)


def random(*shape):
    return torch.rand(*shape, generator=generator)


def loss_inputs(rows=5, columns=6, per_token=False):
    """Ratios from about 0.55 to 1.8, so that every clip is hit; the last row has no token at all."""
    logps = -3 * random(rows, columns)
    lengths = torch.tensor([columns, 3, 5, 1, 0][:rows])
    oldLogps = logps + 1.2 * random(rows, columns) - 0.6
    return dict(
        logps=logps,
        oldLogps=oldLogps,
        # Not drawn, so that what was drawn before there were any stays the same.
        sampledLogps=oldLogps + 0.3 * torch.sin(torch.arange(rows * columns)).reshape(rows, columns),
        refLogps=logps + 1.0 * random(rows, columns) - 0.5,
        entropies=2 * random(rows, columns),
        mask=(torch.arange(columns) < lengths[:, None]).float(),
        advantages=torch.tensor([1.3, -0.8, 0.4, -1.7, 2.0][:rows])[:, None] * (random(rows, columns) if per_token else 1),
    )


def trl_loss(data, options, weights=None):
    logps = data["logps"].clone().requires_grad_()
    entropies = data["entropies"].clone().requires_grad_()
    metrics = defaultdict(list)
    name = options["lossType"]
    trainer = SimpleNamespace(
        loss_type=name,
        beta=options["beta"],
        epsilon_low=options["epsilon"],
        epsilon_high=options["epsilonHigh"],
        importance_sampling_level=options["importanceSamplingLevel"],
        max_completion_length=options["maxCompletionLength"],
        entropy_coef=options["entropyCoef"],
        _entropy_bonus_enabled=options["entropyCoef"] != 0,
        args=SimpleNamespace(
            delta=options["delta"],
            use_bias_correction_kl=False,
            sapo_temperature_pos=options["sapoTemperaturePos"],
            sapo_temperature_neg=options["sapoTemperatureNeg"],
            vespo_k_pos=options["vespoKPos"],
            vespo_lambda_pos=options["vespoLambdaPos"],
            vespo_k_neg=options["vespoKNeg"],
            vespo_lambda_neg=options["vespoLambdaNeg"],
            steps_per_generation=1,
        ),
        aux_loss_enabled=False,
        top_entropy_quantile=options["topEntropyQuantile"],
        get_gamma_weights=GRPOTrainer.get_gamma_weights,
        off_policy_mask_threshold=options["offPolicyMaskThreshold"],
        get_off_policy_mask=GRPOTrainer.get_off_policy_mask,
        # With weights: TRL has them for what another engine sampled.
        use_vllm=weights is not None,
        vllm_importance_sampling_correction=True,
        use_adaptive_entropy=False,
        current_gradient_accumulation_steps=1,
        model=SimpleNamespace(training=True),
        accelerator=SimpleNamespace(
            num_processes=1,
            sync_gradients=True,
            gather=lambda x: x,
            reduce=lambda x, reduction: x,
            pad_across_processes=lambda x, dim, pad_index: x,
        ),
        _metrics={"train": metrics},
        _get_per_token_logps_and_entropies=lambda *_, **__: (logps, entropies, None),
    )
    trainer.get_high_entropy_mask = lambda *inputs: GRPOTrainer.get_high_entropy_mask(trainer, *inputs)
    advantages = data["advantages"]
    if name in OUR_OWN:
        ratio = torch.exp(logps - data["oldLogps"])
        per_token = -advantages * (logps if name == "reinforce" else ratio)
        per_token = per_token if weights is None else weights * per_token
        rows = (per_token * data["mask"]).sum(-1) / data["mask"].sum(-1).clamp(min=1)
        loss = rows.mean()
    else:
        nothing = torch.zeros(len(logps), 0)
        loss = GRPOTrainer._compute_loss(
            trainer,
            None,
            dict(
                prompt_ids=nothing,
                prompt_mask=nothing,
                completion_ids=torch.zeros_like(data["mask"]),
                completion_mask=data["mask"],
                advantages=advantages if advantages.shape[1] > 1 else advantages[:, 0],
                old_per_token_logps=data["oldLogps"],
                sampling_per_token_logps=data["sampledLogps"],
                ref_per_token_logps=data["refLogps"],
                num_items_in_batch=data["mask"].sum(),
                importance_sampling_ratio=weights,
            ),
        )
    d_logps, d_entropies = torch.autograd.grad(loss, [logps, entropies], allow_unused=True)
    wanted = ["kl", "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean", "cispo_clip_ratio", "entropy"]
    wanted.append("vespo/phi_seq_mean")
    return dict(
        options=options,
        loss=loss.item(),
        gradient=d_logps.tolist(),
        entropyGradient=None if d_entropies is None else d_entropies.tolist(),
        metrics={key: metrics[key][0] for key in wanted if key in metrics},
    )


def losses():
    one_each, per_token = loss_inputs(), loss_inputs(per_token=True)
    variants = [dict(lossType=name) for name in ("grpo", "bnpo", "dapo", "dr_grpo", "sapo", "reinforce", "ratio")]
    variants += [dict(lossType=name, beta=0.04) for name in ("grpo", "bnpo", "dapo", "dr_grpo", "sapo")]
    variants += [
        dict(lossType="cispo", epsilonHigh=1.3),
        dict(lossType="cispo", epsilonHigh=1.3, beta=0.04),
        dict(lossType="cispo", epsilonHigh=1.1, importanceSamplingLevel="sequence"),
        dict(lossType="grpo", delta=1.4),
        dict(lossType="dapo", delta=1.1),
        dict(lossType="grpo", epsilon=0.02, epsilonHigh=0.03, importanceSamplingLevel="sequence"),
        dict(lossType="dapo", epsilon=0.02, epsilonHigh=0.03, importanceSamplingLevel="sequence", beta=0.1),
        dict(lossType="sapo", importanceSamplingLevel="sequence"),
        dict(lossType="sapo", sapoTemperaturePos=2.0, sapoTemperatureNeg=3.0),
        dict(lossType="grpo", entropyCoef=0.01),
        dict(lossType="dr_grpo", entropyCoef=0.01, beta=0.04),
        dict(lossType="luspo", importanceSamplingLevel="sequence", epsilon=0.02, epsilonHigh=0.03),
        dict(lossType="luspo", importanceSamplingLevel="sequence", beta=0.04, entropyCoef=0.01),
        dict(lossType="luspo", delta=1.4),
        dict(lossType="vespo"),
        dict(lossType="vespo", beta=0.04, entropyCoef=0.01),
        dict(lossType="vespo", vespoKPos=0.5, vespoLambdaPos=1.0, vespoKNeg=1.5, vespoLambdaNeg=0.0),
        dict(lossType="grpo", topEntropyQuantile=0.2),
        dict(lossType="dapo", topEntropyQuantile=0.5, beta=0.04, entropyCoef=0.01),
        dict(lossType="vespo", topEntropyQuantile=0.3, entropyCoef=0.01),
        dict(lossType="luspo", topEntropyQuantile=0.4, importanceSamplingLevel="sequence", beta=0.04),
        dict(lossType="cispo", topEntropyQuantile=0.0, epsilonHigh=1.3),
        dict(lossType="grpo", offPolicyMaskThreshold=0.05, beta=0.04),
        dict(lossType="dapo", offPolicyMaskThreshold=0.15, topEntropyQuantile=0.6),
        dict(lossType="luspo", offPolicyMaskThreshold=0.0, importanceSamplingLevel="sequence"),
        dict(lossType="cispo", offPolicyMaskThreshold=-0.1, epsilonHigh=1.3),
    ]
    return [
        dict(
            inputs={name: tensor.tolist() for name, tensor in data.items()},
            cases=[trl_loss(data, DEFAULTS | variant) for variant in variants],
        )
        for data in (one_each, per_token)
    ]


def replays():
    """Completions of an earlier policy: TRL's loss with a truncated importance weight, of the geometric mean over a completion's tokens."""
    own = torch.Generator().manual_seed(13)
    draw = lambda: torch.rand(5, 6, generator=own)
    lengths = torch.tensor([6, 3, 5, 1, 4])
    recorded = -3 * draw()
    start = recorded + torch.tensor([0.9, 0.3, -0.2, -0.7, 0.0])[:, None] + 0.8 * draw() - 0.4
    mask = (torch.arange(6) < lengths[:, None]).float()
    logps = start + 0.3 * draw() - 0.15
    data = dict(
        logps=logps,
        oldLogps=recorded,
        sampledLogps=recorded,
        refLogps=recorded + draw() - 0.5,
        entropies=2 * draw(),
        mask=mask,
        advantages=torch.tensor([1.3, -0.8, 0.4, -1.7, 2.0])[:, None],
    )
    mean = ((start - recorded) * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True)
    weights = mean.exp().clamp(max=1.5)
    variants = [dict(lossType=name) for name in ("grpo", "bnpo", "dapo", "dr_grpo", "sapo", "reinforce", "ratio")]
    variants += [
        dict(lossType="luspo", importanceSamplingLevel="sequence", epsilon=0.1),
        dict(lossType="cispo", epsilonHigh=1.3),
        dict(lossType="grpo", beta=0.04, entropyCoef=0.01, delta=1.4),
        dict(lossType="dapo", offPolicyMaskThreshold=0.2, topEntropyQuantile=0.6),
    ]
    return dict(
        inputs={name: tensor.tolist() for name, tensor in data.items()},
        start=start.tolist(),
        maxWeight=1.5,
        weights=weights[:, 0].tolist(),
        cases=[trl_loss(data, DEFAULTS | variant, weights) for variant in variants],
    )


def preferences():
    """DPO's loss on summed log-probabilities of the chosen and the rejected completion of three prompts, and its gradient by token."""
    own = torch.Generator().manual_seed(11)
    draw = lambda: torch.rand(3, 2, 4, generator=own)
    logps = (-3 * draw()).requires_grad_()
    ref = logps.detach() + 2 * draw() - 1
    mask = (torch.arange(4) < torch.tensor([[4, 2], [1, 3], [3, 4]])[..., None]).float()
    drift = ((logps - ref) * mask).sum(-1)
    for coef, beta in [(1.0, 0.1), (0.3, 2.0)]:
        margins = beta * (drift[:, 0] - drift[:, 1])
        loss = -coef * torch.nn.functional.logsigmoid(margins).mean()
        (gradient,) = torch.autograd.grad(loss, logps, retain_graph=True)
        yield dict(
            options=dict(dpoCoef=coef, dpoBeta=beta),
            logps=logps.tolist(),
            refLogps=ref.tolist(),
            mask=mask.tolist(),
            loss=loss.item(),
            gradient=gradient.tolist(),
            margin=margins.mean().item(),
            accuracy=(margins > 0).float().mean().item(),
        )


def advantages():
    source = inspect.getsource(GRPOTrainer._generate_and_score_completions)
    start, end = source.index("unscorable_mask ="), source.index("# Log prompts and completions")
    code = textwrap.dedent(" " * 8 + source[start:end])
    none = float("nan")
    tables = {
        "one function": [[1], [0], [0], [1], [2], [2], [2], [5]],
        "two functions": [[1, 0.5], [0, 0.25], [0, 2], [1, 1], [3, 0], [3, 1], [2, 0], [0, 0.5]],
        "abstaining": [[1, none], [none, none], [0, 2], [1, 1], [none, 0], [none, 1], [none, none], [none, 0.5]],
        "one row left": [[1, 2], [none, none], [none, none], [none, none], [3, none], [1, 0], [0, 0], [0, 0.5]],
        "nothing left": [[none, none]] * 4 + [[3, 1], [1, 0], [0, 0], [0, 0.5]],
    }
    for name, table in tables.items():
        rewards = torch.tensor(table, dtype=torch.float32)
        weights = torch.tensor([1.0, 0.5][: rewards.shape[1]])
        for aggregation, scale in [
            ("sum_then_normalize", "group"),
            ("sum_then_normalize", "batch"),
            ("sum_then_normalize", "none"),
            ("normalize_then_sum", "group"),
        ]:
            metrics = defaultdict(list)
            names = ["first", "second"][: rewards.shape[1]]
            scope = dict(
                torch=torch,
                nanstd=nanstd,
                device="cpu",
                mode="train",
                prompts=table,
                num_generations=4,
                rewards_per_func=rewards,
                self=SimpleNamespace(
                    multi_objective_aggregation=aggregation,
                    scale_rewards=scale,
                    reward_weights=weights,
                    reward_funcs=names,
                    reward_func_names=names,
                    accelerator=SimpleNamespace(process_index=0),
                    _metrics={"train": metrics},
                ),
            )
            exec(code, scope)
            yield dict(
                name=name,
                scores=nan_to_null(table),
                names=names,
                weights=weights.tolist(),
                options=dict(multiObjectiveAggregation=aggregation, scaleRewards=scale, baseline="group"),
                advantages=scope["advantages"].tolist(),
                metrics={key: nan_to_null(values[0]) for key, values in metrics.items()},
            )


def nan_to_null(value):
    if isinstance(value, list):
        return [nan_to_null(item) for item in value]
    return None if value != value else value


def adamw():
    """Five steps of torch.optim.AdamW after clip_grad_norm_, gradients short and long, one parameter without decay."""
    hyper = dict(adamBeta1=0.9, adamBeta2=0.99, adamEpsilon=1e-8, weightDecay=0.1)
    names = {"model.layers.0.mlp.up_proj.weight": (2, 3), "model.norm.weight": (3,)}
    parameters = {name: torch.nn.Parameter(2 * random(*shape) - 1) for name, shape in names.items()}
    start = {name: parameter.tolist() for name, parameter in parameters.items()}
    first, second = parameters.values()
    optimizer = torch.optim.AdamW(
        [dict(params=[first]), dict(params=[second], weight_decay=0.0)],
        betas=(hyper["adamBeta1"], hyper["adamBeta2"]),
        eps=hyper["adamEpsilon"],
        weight_decay=hyper["weightDecay"],
    )
    steps = []
    for index in range(5):
        rate = 0.01 / (index + 1)
        for group in optimizer.param_groups:
            group["lr"] = rate
        for parameter in parameters.values():
            parameter.grad = (0.1 if index % 2 else 2.0) * (random(*parameter.shape) - 0.5)
        gradients = {name: parameter.grad.tolist() for name, parameter in parameters.items()}
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 0.5)
        clipped = {name: parameter.grad.tolist() for name, parameter in parameters.items()}
        optimizer.step()
        steps.append(
            dict(
                learningRate=rate,
                gradients=gradients,
                norm=norm.item(),
                clipped=clipped,
                params={name: parameter.tolist() for name, parameter in parameters.items()},
            )
        )
    return dict(hyper=hyper, maxNorm=0.5, start=start, steps=steps)


def schedules():
    for kind, warmup, total in [
        ("constant", 3, 10),
        ("constant_with_warmup", 3, 10),
        ("linear", 0, 10),
        ("linear", 3, 10),
        ("linear", 0.15, 10),
        ("cosine", 0, 10),
        ("cosine", 3, 10),
        ("cosine", 2.9, 7),
    ]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-3)
        arguments = SimpleNamespace(warmup_steps=warmup)
        steps = transformers.TrainingArguments.get_warmup_steps(arguments, total)
        scheduler = transformers.get_scheduler(kind, optimizer, steps, total)
        rates = []
        for _ in range(total + 2):
            rates.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        yield dict(type=kind, warmupSteps=warmup, totalSteps=total, base=2e-3, rates=rates)


def decaying_names():
    small = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, vocab_size=16)
    tiny = dict(small, num_key_value_heads=1, intermediate_size=8, tie_word_embeddings=False)
    configs = [
        transformers.LlamaConfig(**tiny, attention_bias=True, mlp_bias=True),
        transformers.Qwen2Config(**tiny),
        transformers.Qwen3Config(**tiny, head_dim=4),
        transformers.Gemma3TextConfig(**tiny, head_dim=4),
        transformers.GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=16),
    ]
    names = {}
    for config in configs:
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(config)
        decay = set(Trainer.get_decay_parameter_names(None, model))
        names |= {name: name in decay for name, _ in model.named_parameters()}
    return names


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


fixture = dict(
    versions=dict(torch=torch.__version__.split("+")[0], transformers=transformers.__version__, trl=trl.__version__),
    losses=losses(),
    preferences=list(preferences()),
    replays=replays(),
    advantages=list(advantages()),
    adamw=adamw(),
    schedules=list(schedules()),
    decay=decaying_names(),
)
path = Path(__file__).parent / "fixtures" / "grpo-loss.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(rounded(fixture)) + "\n")
