"""Makes LoRA adapters of every kind that PEFT saves, and what PEFT computes with them.

    python adapters.py

Writes to fixtures/adapters/:
  NAME/            the adapter's folder as PEFT saves it; "base_model_name_or_path" is the name of a model in fixtures/models
  expected.json    log-probabilities of the same completion under each, as PEFT opens it, in float32
  fields.json      the fields of PEFT's LoraConfig
  targets.json     random configs, and what PEFT puts on which modules of a model for each
"""

import dataclasses
import json
import random
import shutil
from pathlib import Path

import peft
import torch
from make_models import completion_logprobs
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import AutoConfig, AutoModelForCausalLM

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = FIXTURES / "adapters"
ROW = {"prompt_ids": [20, 21, 5, 9, 0, 33], "completion_ids": [7, 100, 31, 2, 250, 8]}

BIASED, UNTIED, HALF = "llama3-biased", "qwen3", "qwen2-f16"
CASES: dict[str, tuple[str, dict]] = {
    "regex": (BIASED, dict(target_modules=r".*\.(q|down)_proj")),
    "all-linear": (UNTIED, dict(target_modules="all-linear")),
    "paths": (UNTIED, dict(target_modules=["model.layers.1.self_attn.o_proj", "layers.0.mlp.up_proj", "k_proj"])),
    "patterns": (
        BIASED,
        dict(
            target_modules=["q_proj", "v_proj", "down_proj"],
            rank_pattern={"down_proj": 3, r"layers\.1\..*q_proj": 1, "q_proj": 4},
            alpha_pattern={"model.layers.0.self_attn.v_proj": 16, "v_proj": 2},
            use_rslora=True,
        ),
    ),
    "layers": (BIASED, dict(target_modules=["q_proj", "up_proj"], layers_to_transform=[1], layers_pattern="layers")),
    "one-layer": (UNTIED, dict(target_modules=["q_proj", "model.layers.1.mlp.up_proj"], layers_to_transform=0)),
    "exclude": (UNTIED, dict(target_modules="all-linear", exclude_modules=["model.layers.0.mlp.up_proj", "k_proj"])),
    "exclude-regex": (UNTIED, dict(target_modules=["q_proj", "lm_head"], exclude_modules=r".*layers\.0\..*")),
    "dora": (BIASED, dict(target_modules="all-linear", use_dora=True)),
    "dora-some": (HALF, dict(target_modules=["q_proj", "up_proj", "o_proj"], use_dora=True, use_rslora=True)),
    "dora-vocabulary": (BIASED, dict(target_modules=["embed_tokens", "lm_head", "v_proj"], use_dora=True)),
    "bias-all": (BIASED, dict(target_modules=["q_proj", "gate_proj"], bias="all")),
    "bias-lora-only": (BIASED, dict(target_modules=["q_proj", "gate_proj"], bias="lora_only")),
    "save-head": (UNTIED, dict(target_modules=["q_proj"], modules_to_save=["lm_head"])),
    "save-both": (UNTIED, dict(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"])),
    "save-tied-embeddings": (BIASED, dict(target_modules=["q_proj"], modules_to_save=["embed_tokens"])),
    "save-tied-head": (BIASED, dict(target_modules=["q_proj"], modules_to_save=["lm_head"])),
    "save-tied-both": (BIASED, dict(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"])),
    "embeddings": (UNTIED, dict(target_modules=["embed_tokens", "v_proj"])),
    "tied-embeddings": (BIASED, dict(target_modules=["embed_tokens", "v_proj"])),
    "tied-head": (BIASED, dict(target_modules=["lm_head", "v_proj"])),
    "tied-both": (BIASED, dict(target_modules=["lm_head", "embed_tokens"])),
    "gaussian": (UNTIED, dict(target_modules=["q_proj"], init_lora_weights="gaussian")),
    "orthogonal": (UNTIED, dict(target_modules=["q_proj"], init_lora_weights="orthogonal")),
    "bfloat16": (HALF, dict(target_modules=["q_proj", "down_proj"])),
}


def open_base(name: str):
    return AutoModelForCausalLM.from_pretrained(FIXTURES / "models" / name, dtype=torch.float32, attn_implementation="eager")


@torch.no_grad()
def make(name: str, base: str, fields: dict, generator: torch.Generator) -> list[float]:
    config = LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=6, **fields)
    model = get_peft_model(open_base(base), config)
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            noise = torch.randn(parameter.shape, generator=generator)
            # Enough to matter, beside what it starts from.
            parameter.add_(0.2 * noise * (parameter.std() if parameter.ndim == 2 and "lora_" not in key else 1))
    if name == "bfloat16":
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                parameter.data = parameter.data.bfloat16()
    folder = FOLDER / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    opened = PeftModel.from_pretrained(open_base(base), folder).eval()
    logprobs = completion_logprobs(opened, **ROW)
    file = folder / "adapter_config.json"
    saved = json.loads(file.read_text()) | {"base_model_name_or_path": base}
    if isinstance(saved["target_modules"], list):
        saved["target_modules"].sort()
    file.write_text(json.dumps(saved, indent=1) + "\n")
    return logprobs


MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "embed_tokens", "lm_head"]
PATHS = [*MODULES, "self_attn.q_proj", "layers.0.mlp.up_proj", "model.layers.1.self_attn.q_proj", "0.self_attn.k_proj", "proj"]
REGEXES = [
    r".*\.(q|k)_proj",
    r".*layers\.[01]\.mlp\.(gate|up)_proj",
    r"model\.layers\.1\..*_proj",
    r".*(down_proj|lm_head)",
    r".*embed_tokens",
    r"q_proj|.*v_proj",
    r".*_proj$",
    r".*\d\.self_attn\.[a-z]_proj",
]
KEYS = [
    *["q_proj", "up_proj", "layers.0.mlp.up_proj", r"layers\.1\..*", "model.layers.0.self_attn.q_proj", "proj", r".*q_proj"],
    *["(k|v)_proj", "lm_head", "[qk]_proj", r"^model\.layers\.0.*"],
]


def random_fields(rng: random.Random) -> dict:
    fields = dict(r=rng.choice([1, 2, 4]), lora_alpha=rng.choice([1, 6, 8]), use_rslora=rng.random() < 0.3)
    some = lambda: rng.sample(PATHS, rng.randint(1, 4))
    listed = rng.random() < 0.5
    fields["target_modules"] = some() if listed else rng.choice([*REGEXES, "all-linear", "ALL-LINEAR"])
    if rng.random() < 0.4:
        fields["exclude_modules"] = some() if rng.random() < 0.5 else rng.choice(REGEXES)
    if listed and rng.random() < 0.4:
        fields["layers_to_transform"] = rng.choice([0, 1, [0], [1], [0, 1], [5]])
        if rng.random() < 0.5:
            fields["layers_pattern"] = rng.choice(["layers", "layer", ["h", "layers"], "lay.*"])
    for name, top in [("rank_pattern", 5), ("alpha_pattern", 9)]:
        if rng.random() < 0.4:
            fields[name] = {key: rng.randint(1, top) for key in rng.sample(KEYS, rng.randint(1, 3))}
    if rng.random() < 0.2:
        fields["modules_to_save"] = rng.sample(["embed_tokens", "lm_head"], rng.randint(1, 2))
    return fields


def target_case(fields: dict) -> dict:
    """Rank and scale of every module with an adapter; null where PEFT refuses the config."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(FIXTURES / "models" / UNTIED))
    copied = json.loads(json.dumps(fields))
    try:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **copied))
    except ValueError:
        return {"fields": fields, "modules": None}
    layers = [(name, layer) for name, layer in model.base_model.model.named_modules() if isinstance(layer, LoraLayer)]
    return {"fields": fields, "modules": {name: [layer.r["default"], layer.scaling["default"]] for name, layer in layers}}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    # PEFT draws what an adapter starts from.
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(11)
    plain = {base: completion_logprobs(open_base(base), **ROW) for base in [BIASED, UNTIED, HALF]}
    expected = {}
    for name, (base, fields) in CASES.items():
        logprobs = make(name, base, fields, generator)
        change = max(abs(a - b) for a, b in zip(logprobs, plain[base], strict=True))
        print(f"{name:22} {base:14} changes a log-probability by up to {change:.2f}", flush=True)
        expected[name] = {"model": base, "logprobs": logprobs}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in expected.items()]
    head = f'"made_by": "test/references/adapters.py, PEFT {peft.__version__}", "row": {json.dumps(ROW)}'
    (FOLDER / "expected.json").write_text("{" + head + ',\n"adapters": {\n' + ",\n".join(lines) + "\n}}\n")
    rng = random.Random(5)
    cases = [json.dumps(target_case(random_fields(rng))) for _ in range(100)]
    (FOLDER / "targets.json").write_text("[\n" + ",\n".join(cases) + "\n]\n")
    fields = [field.name for field in dataclasses.fields(LoraConfig)]
    (FOLDER / "fields.json").write_text(json.dumps({"peft": peft.__version__, "fields": fields}) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
