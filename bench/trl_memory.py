"""Physical memory of a step of TRL's GRPOTrainer on the CPU, in float32: the counterpart of trl-memory.ts.

    python trl_memory.py '{"tokenizer": FOLDER, "shape": {...}, "sequences": N, "promptTokens": N, "completionTokens": N}'

Trains a random model of Llama's kind for two steps, with gradient checkpointing, as TRL does unless told otherwise. Prints the most bytes, beyond
those of Python and its libraries, while completions are written and while gradients are computed.
"""

import json
import sys
import tempfile
import threading
import time

import torch
from datasets import Dataset
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PrinterCallback
from trl import GRPOConfig, GRPOTrainer

PAGE = 4096


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return PAGE * int(file.read().split()[1])


class Watch(threading.Thread):
    """The most resident bytes in each phase."""

    def __init__(self):
        super().__init__(daemon=True)
        self.phase, self.peaks = "start", {}

    def run(self):
        while True:
            self.peaks[self.phase] = max(self.peaks.get(self.phase, 0), resident())
            time.sleep(0.01)


class Watched(GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        watch.phase = "generation"
        output = super()._generate_and_score_completions(inputs)
        watch.phase = "update"
        return output


asked = json.loads(sys.argv[1])
shape, sequences = asked["shape"], asked["sequences"]
tokenizer = AutoTokenizer.from_pretrained(asked["tokenizer"])
before = resident()
torch.manual_seed(0)
special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
model = LlamaForCausalLM(LlamaConfig(**shape, **special))
with tempfile.TemporaryDirectory() as folder:
    args = GRPOConfig(
        folder,
        per_device_train_batch_size=sequences,
        num_generations=4,
        max_completion_length=asked["completionTokens"],
        generation_kwargs={"min_new_tokens": asked["completionTokens"]},
        max_steps=2,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    prompt = tokenizer.decode([tokenizer.encode("1", add_special_tokens=False)[0]] * asked["promptTokens"])
    trainer = Watched(
        model,
        lambda completions, **_: [float(index % 2) for index in range(len(completions))],
        args,
        train_dataset=Dataset.from_list([{"prompt": prompt}] * sequences),
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    watch = Watch()
    watch.start()
    trainer.train()
print(json.dumps({phase: peak - before for phase, peak in watch.peaks.items()}))
