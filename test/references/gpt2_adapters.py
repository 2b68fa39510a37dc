"""Makes LoRA adapters for GPT-2, whose linear layers are transformers' Conv1D, and what PEFT computes with them.

    python gpt2_adapters.py

Writes to fixtures/gpt2-adapters/:
  NAME/            the adapter's folder as PEFT saves it, for the model fixtures/architectures/gpt2
  expected.json    log-probabilities of the same completion under each, as PEFT opens it, in float32, and without one
"""

import json
import shutil
from pathlib import Path

import torch
from make_models import completion_logprobs
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = FIXTURES / "gpt2-adapters"
ROW = {"prompt_ids": [20, 21, 5, 9, 0, 33], "completion_ids": [7, 62, 31, 2, 5, 8]}

CASES: dict[str, dict] = {
    "dora": dict(target_modules="all-linear", use_dora=True),
    "bias-all": dict(target_modules=["c_fc"], bias="all"),
    "one-layer": dict(target_modules=["c_proj"], layers_to_transform=[1], layers_pattern="h", rank_pattern={"attn.c_proj": 3}),
    "vocabulary": dict(target_modules=["wte", "lm_head"]),
    "saved": dict(target_modules=r".*\.attn\.c_attn", modules_to_save=["wte"]),
}


def open_base():
    return AutoModelForCausalLM.from_pretrained(FIXTURES / "architectures/gpt2", attn_implementation="eager").eval()


@torch.no_grad()
def make(name: str, fields: dict, generator: torch.Generator) -> list[float]:
    model = get_peft_model(open_base(), LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=6, **fields))
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    folder = FOLDER / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    saved = json.loads(file.read_text()) | {"base_model_name_or_path": "gpt2"}
    if isinstance(saved["target_modules"], list):
        saved["target_modules"].sort()
    file.write_text(json.dumps(saved, indent=1) + "\n")
    return completion_logprobs(PeftModel.from_pretrained(open_base(), folder).eval(), **ROW)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    # PEFT draws what an adapter starts from.
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(11)
    expected = {name: make(name, fields, generator) for name, fields in CASES.items()}
    whole = {"row": ROW, "base": completion_logprobs(open_base(), **ROW), "adapters": expected}
    (FOLDER / "expected.json").write_text(json.dumps(whole) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
