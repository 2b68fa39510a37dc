"""Opens a model folder with transformers, or an adapter's with PEFT, and prints what it makes of the rows, in float32.

    python open_checkpoint.py FOLDER ROWS.jsonl

Each row has `prompt_ids` and `completion_ids`; for each one line is printed: {"logprobs": [...]}, one number per completion
token, temperature 1. Fails when the folder lacks a tensor, has one too many or one of another shape.
"""

import json
import sys
from pathlib import Path

import torch
from make_models import completion_logprobs
from peft import PeftConfig, PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def open_model(folder: str):
    model, loading = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    wrong = {kind: sorted(map(str, names)) for kind, names in loading.items() if names}
    if wrong:
        raise SystemExit(f"{folder} does not fit its architecture: {wrong}")
    return model


def open_adapter(folder: str):
    model = PeftModel.from_pretrained(open_model(PeftConfig.from_pretrained(folder).base_model_name_or_path), folder)
    saved = load_file(f"{folder}/adapter_model.safetensors").keys()
    # PEFT would save the weights under an adapter on the embeddings too.
    held = {name for name in get_peft_model_state_dict(model) if ".base_layer." not in name}
    if saved != held:
        raise SystemExit(f"{folder} does not fit its config: {sorted(saved ^ held)}")
    return model


def main(folder: str, rows: str) -> None:
    AutoTokenizer.from_pretrained(folder)
    model = open_adapter(folder) if (Path(folder) / "adapter_config.json").exists() else open_model(folder)
    for line in Path(rows).read_text().splitlines():
        row = json.loads(line)
        print(json.dumps({"logprobs": completion_logprobs(model.eval(), row["prompt_ids"], row["completion_ids"])}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*sys.argv[1:])
