"""What TRL's GRPOTrainer makes of the functions of rewards.py: how it calls them, and what they give.

    python trl_rewards.py MODEL_FOLDER FUNCTION... < rows.json

`rows.json` is a list of {"prompt", "completion_ids", ...columns}, two completions in a row for each prompt. Prints one line of JSON:
the completions as text, the rewards by function (null where it abstained), and what was logged. The trainer is TRL's own, for one step;
only the completions are given instead of sampled.
"""

import importlib.util
import json
import math
import sys
import tempfile
from pathlib import Path

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import GRPOConfig, GRPOTrainer

GENERATIONS = 2


class RecordedCompletions(GRPOTrainer):
    def __init__(self, rows, **kwargs):
        self.rows = rows
        self.seen = {}
        columns = [key for key in rows[0] if key != "completion_ids"]
        dataset = Dataset.from_list([{key: row[key] for key in columns} for row in rows[::GENERATIONS]])
        super().__init__(train_dataset=dataset, **kwargs)

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        return [row["completion_ids"] for row in self.rows], None

    def _calculate_rewards(self, inputs, prompts, completions, completion_ids_list):
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        texts = [each if isinstance(each, str) else each[-1]["content"] for each in completions]
        self.seen = {
            "completions": texts,
            "rewards": [[None if math.isnan(value) else value for value in column] for column in rewards.T.tolist()],
            "extra": dict(self._pending_extra_logs),
            "metrics": {name: sum(values) / len(values) for name, values in self._pending_metrics.items()},
        }
        return rewards


def main(folder, *names):
    rows = json.load(sys.stdin)
    spec = importlib.util.spec_from_file_location("rewards", Path(__file__).parent / "rewards.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as output:
        trainer = RecordedCompletions(
            rows,
            model=AutoModelForCausalLM.from_pretrained(folder),
            processing_class=AutoTokenizer.from_pretrained(folder),
            reward_funcs=[getattr(module, name) for name in names],
            args=GRPOConfig(
                output,
                max_steps=1,
                per_device_train_batch_size=len(rows),
                num_generations=GENERATIONS,
                max_completion_length=16,
                shuffle_dataset=False,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    print(json.dumps(trainer.seen))


main(*sys.argv[1:])
