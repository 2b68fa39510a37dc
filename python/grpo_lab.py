"""Records a run of TRL's GRPOTrainer as a run folder of GRPO Lab: its dashboard shows it live, and Rescore, Compare and reports work on it.

    from grpo_lab import GRPOLabCallback
    trainer = GRPOTrainer(..., callbacks=[GRPOLabCallback()])

One file without dependencies beyond TRL's own. Checked with TRL 1.16. Completions, rewards and advantages are taken where the trainer makes
them: from two of its methods, `_calculate_rewards` and `_generate_and_score_completions`, which are wrapped on the instance. Under a TRL
that has no such methods only metrics are recorded, and a warning says so.

A *step* here is a batch of rollouts, as in GRPO Lab: several updates where the trainer reuses it (`num_iterations`, `steps_per_generation`),
else one, as TRL counts. With several processes the first one writes, and gets the rows of the others.
"""

import dataclasses
import functools
import inspect
import json
import math
import os
import platform
import re
import socket
import sys
import time
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import transformers
from accelerate.utils import broadcast_object_list, gather_object
from transformers import TrainerCallback

try:
    import grpo_lab_host as host
except ImportError:  # this file alone, in somebody's own folder
    host = None
HOSTED = host is not None and host.is_hosted()

# The trainer's methods that are watched.
WATCHED = ("_calculate_rewards", "_generate_and_score_completions")
# Log entries of transformers about the run as a whole, and about progress.
NOT_METRICS = {"epoch", "total_flos", "step", "step_time", "num_input_tokens_seen"}
# transformers' argument, and the run config's field where it is not the same in camelCase. Steps are counted in batches of rollouts.
SAME_FIELDS = """
    num_generations num_iterations shuffle_dataset seed max_completion_length temperature top_p top_k min_p mask_truncated_completions
    scale_rewards multi_objective_aggregation loss_type epsilon epsilon_high delta importance_sampling_level sapo_temperature_pos
    sapo_temperature_neg vespo_k_pos vespo_lambda_pos vespo_k_neg vespo_lambda_neg top_entropy_quantile off_policy_mask_threshold beta
    use_bias_correction_kl sync_ref_model ref_model_mixup_alpha entropy_coef use_adaptive_entropy entropy_coef_min entropy_coef_max
    entropy_coef_delta entropy_target learning_rate warmup_steps adam_beta1 adam_beta2 adam_epsilon weight_decay max_grad_norm
    save_total_limit num_generations_eval gradient_accumulation_steps fp16
""".split()


class GRPOLabCallback(TrainerCallback):
    """
    Args:
        run_dir: The run folder. If omitted: a new one, `.grpo/runs/<time>-<name>` in the working directory, where GRPO Lab's list of runs finds it;
            when training resumes from a checkpoint, the newest one of the same script and `output_dir`.
        config: The run config that the trainer was made from, complete (a dict, or a JSON file with `name`, `configFile` and `config`). If
            omitted, what is known of it from GRPOConfig.
        name: What to call the run. If omitted: the name in `config`, or that of the trainer's `output_dir`.
    """

    def __init__(self, run_dir: str | os.PathLike | None = None, *, config: dict | str | os.PathLike | None = None, name: str | None = None):
        self._run_dir = run_dir
        self._name = name
        given = json.loads(Path(config).read_text(encoding="utf-8")) if isinstance(config, (str, os.PathLike)) else config
        self._given = given if given is None or "config" in given else {"config": given}
        self._folder: RunFolder | None = None
        self._trainer = None
        self._step: Step | None = None
        self._steps = 0
        self._scored: dict = {}
        self._evaluated: list[dict] = []
        self._eval_groups: dict[str, int] = {}
        self._eval_logs: dict = {}
        self._saved = 0
        self._commands = host.Commands() if HOSTED else None

    # What transformers calls.

    def on_train_begin(self, args, state, control, **kwargs):
        first = self._trainer is None
        trainer = self._trainer = _calling_trainer()
        per_rollout = getattr(args, "steps_per_generation", None) or args.gradient_accumulation_steps
        self._updates = max(1, per_rollout * getattr(args, "num_iterations", 1) // args.gradient_accumulation_steps)
        self._steps = round(state.global_step / self._updates)
        missing = [name for name in WATCHED if not hasattr(trainer, name)]
        self._metrics_only = bool(missing)
        # (The state does not say so yet.)
        if trainer.accelerator.is_main_process:
            self._open(args, state)
        if missing:
            self._warn(
                f"This TRL ({_version('trl')}) is not the one that grpo_lab.py knows (1.16): its trainer has no {missing[0]}. Only metrics are "
                "recorded, no completions."
            )
        elif first:
            trainer._calculate_rewards = self._watched_rewards(trainer._calculate_rewards)
            trainer._generate_and_score_completions = self._watched_rollouts(trainer._generate_and_score_completions)
        if first:
            trainer.training_step = self._watched_step(trainer.training_step)
            if HOSTED:
                trainer._maybe_log_save_evaluate = self._watched_step_end(trainer._maybe_log_save_evaluate)
            else:
                self._watch_script()

    def on_step_begin(self, args, state, control, **kwargs):
        if self._step and self._step.updates >= self._updates:
            self._finish_step()
        if self._metrics_only and self._step is None:
            self._steps += 1
            self._step = Step()
        self._update_began = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        if self._step:
            self._step.updates += 1
            self._step.seconds += time.perf_counter() - self._update_began

    def on_log(self, args, state, control, logs=None, **kwargs):
        numbers = {key: value for key, value in (logs or {}).items() if _is_number(value) or value is None}
        if any(key.startswith("eval_") for key in numbers):
            self._eval_logs = {key: value for key, value in numbers.items() if key.startswith("eval_")}
        elif self._step and not any(key.startswith("train_") for key in numbers):
            self._step.logs.append({key: value for key, value in numbers.items() if key not in NOT_METRICS})
            # With a scaled loss such an update is skipped, and the scale lowered.
            if HOSTED and not args.fp16:
                host.check_finite(self._steps, numbers)

    def on_evaluate(self, args, state, control, **kwargs):
        rows, self._evaluated = self._evaluated, []
        logs, self._eval_logs = self._eval_logs, {}
        step = self._steps if state.global_step > 0 else 0
        metrics = {f"eval_{key}": value for key, value in reward_metrics(rows).items() if _is_eval_metric(key)}
        metrics = metrics or {key: value for key, value in logs.items() if _is_eval_metric(key.removeprefix("eval_"))}
        if "eval_runtime" in logs:
            metrics["time/evaluate"] = logs["eval_runtime"]
        if rows:
            self._write(lambda folder: folder.write_rows("evaluations", step, [{**row, "step": step} for row in rows]))
        if self._step:
            self._step.evaluation = metrics
        else:
            self._write(lambda folder: folder.add_to_metrics(step, metrics))
        rewards = {key[13:-5]: value for key, value in metrics.items() if key.startswith("eval_rewards/")}
        self._tell("eval", step=step, reward=metrics.get("eval_reward"), rewards=rewards)

    def on_save(self, args, state, control, **kwargs):
        checkpoint = os.path.join(args.output_dir, f"checkpoint-{state.global_step}")
        self._saved = state.global_step
        self._write(lambda folder: folder.add_checkpoint(self._steps, checkpoint))
        self._tell("checkpoint", step=self._steps, path=str(self._folder.checkpoint(self._steps)) if self._folder else "")

    def on_train_end(self, args, state, control, **kwargs):
        self._finish_step()
        outcome = "done" if state.global_step >= state.max_steps else "stopped"
        self._end(outcome)
        self._tell("end", outcome=outcome, step=self._steps)

    # What is watched of the trainer.

    def _watched_rewards(self, calculate):
        """`_calculate_rewards(inputs, prompts, completions, completion_ids)` gives the scores [rows of all processes, functions]; NaN for none."""

        @functools.wraps(calculate)
        def calculate_rewards(inputs, prompts, completions, completion_ids, *args, **kwargs):
            began = time.perf_counter()
            if self._trainer.model.training:
                self._tell("phase", step=self._steps + 1, phase="score")
            scores = calculate(inputs, prompts, completions, completion_ids, *args, **kwargs)
            start = self._trainer.accelerator.process_index * len(prompts)
            # What reward functions logged with `log_extra`.
            extra = getattr(self._trainer, "_pending_extra_logs", {})
            self._scored = {
                "inputs": inputs,
                "prompts": prompts,
                "completions": completions,
                "completion_ids": completion_ids,
                "scores": scores[start : start + len(prompts)].tolist(),
                "extra": {name: list(values) for name, values in extra.items() if len(values) == len(prompts)},
                "seconds": time.perf_counter() - began,
            }
            return scores

        return calculate_rewards

    def _watched_rollouts(self, generate):
        """`_generate_and_score_completions(inputs)` gives this process's tensors, its advantages among them."""

        @functools.wraps(generate)
        def generate_and_score(inputs, *args, **kwargs):
            began = time.perf_counter()
            trainer = self._trainer
            training = trainer.model.training
            self._tell("phase", step=self._steps + training, phase="rollout" if training else "evaluate")
            output = generate(inputs, *args, **kwargs)
            seconds = time.perf_counter() - began
            per_prompt = trainer.num_generations if training else getattr(trainer, "num_generations_eval", trainer.num_generations)
            rows = gather_object(self._local_rows(output, per_prompt))
            if training:
                self._add_rollout(rows, per_prompt, seconds)
            else:
                self._add_evaluated(rows, per_prompt)
            return output

        return generate_and_score

    def _watched_step(self, training_step):
        """What a step dies of is why the run failed: transformers calls no callback then."""

        @functools.wraps(training_step)
        def watched_step(*args, **kwargs):
            try:
                return training_step(*args, **kwargs)
            except BaseException as error:
                self._failed(error)
                raise

        return watched_step

    def _watched_step_end(self, log_save_evaluate):
        """Where a step is over and written: what GRPO Lab asks for is done here, by all processes together."""

        @functools.wraps(log_save_evaluate)
        def watched_step_end(*args, **kwargs):
            trainer = self._trainer
            if trainer.control.should_save:
                self._tell("phase", step=self._steps, phase="save")
            try:
                log_save_evaluate(*args, **kwargs)
            except BaseException:
                self._finish_step()
                raise
            if self._step is None or self._step.updates < self._updates:
                return
            self._finish_step()
            if trainer.control.should_training_stop or not self._asked_to_stop():
                return
            self._tell("state", state="stopping")
            trainer.control.should_training_stop = True
            if self._saved < trainer.state.global_step:
                trainer.control.should_save = True
                self._tell("phase", step=self._steps, phase="save")
                log_save_evaluate(*args, **kwargs)

        return watched_step_end

    def _asked_to_stop(self):
        """Waits as long as a pause is asked for."""
        asked = self._agreed()
        if asked == "pause":
            self._tell("state", state="paused")
            while asked == "pause":
                # No process may wait for another one for minutes: collective operations have a time limit.
                asked = self._agreed(wait=1.0)
            if asked != "stop":
                self._tell("state", state="running")
        return asked == "stop"

    def _agreed(self, wait=0.0):
        """What is asked for, as the first process has read it."""
        main = self._trainer.accelerator.is_main_process
        asked = [self._commands.asked(wait) if main else "run"]
        return broadcast_object_list(asked)[0]

    def _tell(self, kind, **event):
        if HOSTED and self._trainer.accelerator.is_main_process:
            host.tell(kind, **_finite(event))

    def _watch_script(self):
        """Errors elsewhere, as while evaluating or saving, end the script."""
        before = sys.excepthook

        def excepthook(kind, error, traceback):
            self._failed(error)
            before(kind, error, traceback)

        sys.excepthook = excepthook

    # Rows.

    def _local_rows(self, output, per_prompt):
        """This process's completions as lines of a rollouts file, without what only all of them together tell."""
        scored, trainer = self._scored, self._trainer
        names = [str(name) for name in trainer.reward_func_names]
        weights = _reward_weights(trainer)
        tokenizer = getattr(trainer.processing_class, "tokenizer", trainer.processing_class)
        ends = {*_as_list(getattr(trainer, "eos_token_ids", None) or tokenizer.eos_token_id), tokenizer.pad_token_id}
        prompt_ids = _unpadded(output["prompt_ids"], output["prompt_mask"])
        advantages = output["advantages"].tolist()
        masks = output.get("tool_mask")
        logprobs = output.get("sampling_per_token_logps", output.get("old_per_token_logps"))
        verdicts = [getattr(function, "verdicts", None) for function in trainer.reward_funcs]
        rows = []
        for index, (inputs, prompt, completion, ids) in enumerate(
            zip(scored["inputs"], scored["prompts"], scored["completions"], scored["completion_ids"], strict=True)
        ):
            ids = [int(each) for each in ids]
            mask = [1] * len(ids) if masks is None else masks[index, : len(ids)].tolist()
            scores = [None if math.isnan(score) else score for score in scored["scores"][index]]
            present = [weight * score for weight, score in zip(weights, scores, strict=True) if score is not None]
            advantage = advantages[index]
            row = {
                "prompt": _plain(prompt),
                "prompt_ids": prompt_ids[index],
                "completion": _text_of(completion),
                "completion_ids": ids,
                "rewards": dict(zip(names, scores, strict=True)),
                "reward": sum(present) if present else None,
                "advantage": advantage if isinstance(advantage, float) else advantage[0],
                "length": sum(mask),
                "truncated": not ids or ids[-1] not in ends,
                "error": None,
                **_verdict(names, verdicts, index),
                "columns": {key: _plain(value) for key, value in inputs.items() if key not in ("prompt", "image", "images")},
            }
            extra = {name: _plain(values[index]) for name, values in scored["extra"].items()}
            if extra:
                row["extra"] = extra
            if not isinstance(prompt, str) and index % per_prompt == 0:
                row["rendered_prompt"] = tokenizer.decode(prompt_ids[index])
            if logprobs is not None and masks is None:
                row["logprobs"] = [_rounded(value, 6) for value in logprobs[index, : len(ids)].tolist()]
            if 0 in mask:
                row["segments"] = _segments(mask)
            rows.append(row)
        return rows

    def _add_rollout(self, rows, per_prompt, seconds):
        # Another batch for an update that is not finished yet belongs to the same step.
        if self._step and self._step.updates > 0:
            self._finish_step()
        if self._step is None:
            self._steps += 1
            self._step = Step()
        step = self._step
        first = len(step.rows) // per_prompt
        number = self._steps
        step.rows += [{"step": number, "group": first + index // per_prompt, **row} for index, row in enumerate(rows)]
        step.group_size = per_prompt
        step.rollout_seconds += seconds - self._scored["seconds"]
        step.score_seconds += self._scored["seconds"]
        self._write(lambda folder: folder.write_rows("rollouts", number, step.rows))
        reward = _mean([row["reward"] for row in step.rows])
        self._tell("scored", step=number, completions=len(step.rows), reward=reward)
        if HOSTED:
            host.check_scores(number, step.rows)
        self._tell("phase", step=number, phase="update")

    def _add_evaluated(self, rows, per_prompt):
        """`group` is the prompt's place among the held-out ones. Processes get rows twice so that all have as many."""
        for start in range(0, len(rows), per_prompt):
            group = rows[start : start + per_prompt]
            key = json.dumps([group[0]["prompt"], group[0]["columns"]], sort_keys=True, default=str)
            number = self._eval_groups.setdefault(key, len(self._eval_groups))
            if any(row["group"] == number for row in self._evaluated):
                continue
            for row in group:
                kept = {name: value for name, value in row.items() if name not in ("advantage", "rendered_prompt")}
                self._evaluated.append({"group": number, **kept})

    def _finish_step(self):
        step, self._step = self._step, None
        if step is None:
            return
        row = {
            **step.logged(),
            **reward_metrics(step.rows, step.group_size),
            "num_tokens": getattr(self._trainer.state, "num_input_tokens_seen", None),
            "step_time": step.seconds,
            **({} if self._metrics_only else step.times()),
            **step.evaluation,
            "step": self._steps,
        }
        self._write(lambda folder: (folder.append_metrics(row), folder.update(step=self._steps)))
        self._tell("step", step=self._steps, metrics=row)

    # The run folder.

    def _open(self, args, state):
        given = self._given or {}
        script = os.path.abspath(sys.argv[0] or "notebook")
        name = self._name or given.get("name") or Path(args.output_dir or script).resolve().name
        trainer = self._trainer
        rewards = _reward_list(trainer)
        info = {
            "version": 1,
            "name": name,
            "configFile": given.get("configFile", script),
            "state": "running",
            "reason": None,
            "seed": args.seed,
            "device": _device(trainer),
            "versions": _versions(),
            "rewards": [{key: reward[key] for key in ("name", "file", "weight")} for reward in rewards],
            "config": given.get("config") or config_of(trainer, state, self._updates, rewards),
        }
        if HOSTED:
            self._folder = HostedFolder(Path(os.environ["GRPO_LAB_RUN"]), info)
            steps = max(1, state.max_steps // self._updates)
            self._tell("start", device=info["device"], versions=info["versions"], maxSteps=steps, resumedFrom=self._steps)
            return
        try:
            self._folder = RunFolder.open(self._run_dir, info, self._steps)
        except OSError as error:
            self._warn(f"The run is not recorded: {error}.")
            return
        began = "started" if self._steps == 0 else f"resumed after step {self._steps}"
        self._write(lambda folder: folder.log(f"{began} on {info['device']} with TRL {_version('trl')}"))
        if int(os.environ.get("WORLD_SIZE", 1)) > trainer.accelerator.num_processes:
            self._warn(
                f"There are {os.environ['WORLD_SIZE']} processes, but accelerate sees one: each of them trains for itself. Without a GPU, set "
                "use_cpu=True in GRPOConfig."
            )
        if not given and args.logging_steps != 1:
            self._warn(
                f"logging_steps is {args.logging_steps:g}: loss, KL and entropy are recorded at those steps only, as means over the steps "
                "between; logging_steps=1 has them for each step."
            )

    def _write(self, action):
        """A disk that is full, or gone, ends the record and not the training."""
        if self._folder is None:
            return
        if HOSTED:  # which says so, and continues from a checkpoint
            action(self._folder)
            return
        try:
            action(self._folder)
        except OSError as error:
            folder, self._folder = self._folder, None
            print(f"grpo_lab: {folder.path} is not written any more ({error}); training continues.", file=sys.stderr)

    def _warn(self, message):
        if self._trainer.accelerator.is_main_process:
            print(f"grpo_lab: {message}", file=sys.stderr)
            self._write(lambda folder: folder.log(f"warning: {message}"))

    def _end(self, outcome, reason=None):
        why = "" if reason is None else f": {reason}"
        self._write(lambda folder: (folder.log(f"{outcome} after step {self._steps}{why}"), folder.end(outcome, reason)))

    def _failed(self, error):
        if self._folder is None or self._folder.info["state"] != "running" or HOSTED:
            return
        said = " ".join(str(error).split())
        stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
        self._finish_step()
        self._end("stopped" if stopped else "failed", None if stopped else f"{type(error).__name__}: {said}"[:2000])


@dataclasses.dataclass
class Step:
    """A batch of rollouts and the updates on it, until its line of metrics can be written."""

    rows: list = dataclasses.field(default_factory=list)
    logs: list = dataclasses.field(default_factory=list)
    evaluation: dict = dataclasses.field(default_factory=dict)
    group_size: int = 1
    updates: int = 0
    seconds: float = 0.0
    rollout_seconds: float = 0.0
    score_seconds: float = 0.0

    def times(self):
        update = max(0.0, self.seconds - self.rollout_seconds - self.score_seconds)
        return {"time/rollout": self.rollout_seconds, "time/score": self.score_seconds, "time/update": update}

    def logged(self):
        """Means over the updates; of the learning rate the last."""
        keys = dict.fromkeys(key for log in self.logs for key in log)
        means = {key: _mean([log.get(key) for log in self.logs]) for key in keys}
        if "learning_rate" in means:
            means["learning_rate"] = self.logs[-1].get("learning_rate", means["learning_rate"])
        return means


def reward_metrics(rows, group_size=None):
    """TRL's keys for rewards and lengths, and GRPO Lab's (`reward_min`, `rewards/failed_ratio`, `groups/...`)."""
    if not rows:
        return {}
    rewards = [row["reward"] for row in rows]
    present = [reward for reward in rewards if reward is not None]
    lengths = [row["length"] for row in rows]
    ended = [row["length"] for row in rows if not row["truncated"]] or [0]
    metrics = {
        "reward": _mean(rewards),
        "reward_std": _deviation(rewards),
        "reward_min": min(present, default=None),
        "reward_max": max(present, default=None),
        "rewards/failed_ratio": sum(row["error"] is not None for row in rows) / len(rows),
    }
    for name in rows[0]["rewards"]:
        column = [row["rewards"][name] for row in rows]
        metrics[f"rewards/{name}/mean"] = _mean(column)
        metrics[f"rewards/{name}/std"] = _deviation(column)
    if group_size:
        metrics.update(_group_metrics(rows, group_size, present))
    for key, values in (("", lengths), ("terminated_", ended)):
        metrics[f"completions/mean_{key}length"] = _mean(values)
        metrics[f"completions/min_{key}length"] = min(values)
        metrics[f"completions/max_{key}length"] = max(values)
    metrics["completions/clipped_ratio"] = sum(row["truncated"] for row in rows) / len(rows)
    return metrics


def _group_metrics(rows, group_size, rewards):
    """Which groups have a learning signal, and why the others have none: src/grpo/signal.ts of GRPO Lab."""
    groups = [rows[start : start + group_size] for start in range(0, len(rows), group_size)]
    deviations = [_deviation([row["reward"] for row in group]) for group in groups]
    counts = dict.fromkeys(("signal", "too_easy", "too_hard", "equal", "truncated", "abstained", "failed"), 0)
    best, worst = max(rewards, default=0), min(rewards, default=0)
    for group, deviation in zip(groups, deviations, strict=True):
        mean = _mean([row["reward"] for row in group])
        if any(abs(row["advantage"]) > 1e-8 for row in group):
            kind = "signal"
        elif deviation is None:
            kind = "failed" if any(row["error"] for row in group) else "abstained"
        elif all(row["truncated"] for row in group):
            kind = "truncated"
        elif best - worst <= 1e-8:
            kind = "too_hard" if mean <= 0 else "equal"
        elif best - mean <= 1e-8:
            kind = "too_easy"
        else:
            kind = "too_hard" if mean - worst <= 1e-8 else "equal"
        counts[kind] += 1
    return {
        "frac_reward_zero_std": sum(each is not None and each <= 1e-8 for each in deviations) / len(groups),
        "groups/reward_std": _mean(deviations),
        **{f"groups/{kind}": count / len(groups) for kind, count in counts.items()},
    }


class RunFolder:
    """The one writer of a run folder. Files are written to another name, flushed, then renamed."""

    def __init__(self, path, info):
        self.path = path
        self.info = info

    @classmethod
    def open(cls, run_dir, info, step):
        """A new folder; to resume after `step`, the given one or the newest of the same script and name, without what came later."""
        now = _now()
        path = Path(run_dir) if run_dir is not None else None
        if step > 0:
            path = path or _latest_run(info)
        if path is not None and (path / "run.json").exists():
            before = json.loads((path / "run.json").read_text(encoding="utf-8"))
            if step == 0:
                raise OSError(f"there is already a run in {path}; name another folder, or resume from a checkpoint")
            info = {**before, **info, "createdAt": before["createdAt"]}
        path = path or _new_folder(info["name"], now)
        folder = cls(path.resolve(), {"createdAt": now, **info, "updatedAt": now, "step": step})
        for name in ("rollouts", "updates", "evaluations", "checkpoints"):
            (path / name).mkdir(parents=True, exist_ok=True)
        (path / "trainer.lock").write_text(json.dumps(_this_process()), encoding="utf-8")
        folder._rewind(step)
        folder.update()
        return folder

    def update(self, **changes):
        self.info.update(changes, updatedAt=_now())
        self._replace("run.json", json.dumps(_finite(self.info), indent=2, ensure_ascii=False) + "\n")

    def end(self, state, reason):
        held_out = [row for row in self._metrics() if _is_number(row.get("eval_reward"))]
        ends = [{"step": row["step"], "reward": row["eval_reward"]} for row in held_out]
        changed = {"heldOut": {"first": ends[0], "last": ends[-1]}} if len(ends) > 1 else {}
        self.update(state=state, reason=reason, **changed)
        (self.path / "trainer.lock").unlink(missing_ok=True)

    def append_metrics(self, row):
        self._append("metrics.jsonl", json.dumps(_finite(row)) + "\n")

    def add_to_metrics(self, step, metrics):
        """To the line of a step that is already written, or a line of its own."""
        rows = self._metrics()
        if rows and rows[-1]["step"] == step:
            rows[-1].update(metrics)
        else:
            rows.append({**metrics, "step": step})
        self._replace("metrics.jsonl", "".join(json.dumps(_finite(row)) + "\n" for row in rows))
        if self.info["state"] != "running":
            self.end(self.info["state"], self.info["reason"])

    def write_rows(self, folder, step, rows):
        lines = [json.dumps(_finite(row), ensure_ascii=False) + "\n" for row in rows]
        self._replace(f"{folder}/{_step_name(step)}.jsonl", "".join(lines))

    def add_checkpoint(self, step, checkpoint):
        """A link to TRL's folder, so that it is listed; where there are no links, the log says where it is."""
        link = self.checkpoint(step)
        for other in link.parent.iterdir():
            if other.is_symlink() and not other.exists():
                other.unlink()  # transformers has removed it (save_total_limit)
        try:
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(checkpoint, link.parent.resolve()), target_is_directory=True)
        except (OSError, ValueError):
            pass
        self.log(f"checkpoint of step {step} written to {checkpoint}")

    def checkpoint(self, step):
        return self.path / "checkpoints" / _step_name(step)

    def log(self, message):
        self._append("log.txt", f"{_now()} {message}\n")

    def _rewind(self, step):
        kept = [row for row in self._metrics() if row["step"] <= step]
        if kept or (self.path / "metrics.jsonl").exists():
            self._replace("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in kept))
        for name in ("rollouts", "evaluations"):
            for file in (self.path / name).glob("step-*.jsonl"):
                if int(file.stem.removeprefix("step-")) > step:
                    file.unlink()

    def _metrics(self):
        try:
            lines = (self.path / "metrics.jsonl").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return []
        # What is behind the last newline was being written when its process ended.
        return [json.loads(line) for line in lines[:-1]]

    def _append(self, name, text):
        with open(self.path / name, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def _replace(self, name, text):
        file = self.path / name
        temporary = file.with_name(f".{file.name}.tmp")
        with open(temporary, "w", encoding="utf-8", newline="\n") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        os.replace(temporary, file)


class HostedFolder(RunFolder):
    """Of a run that GRPO Lab has started, which keeps `run.json`, the log and the lock itself."""

    def update(self, **changes):
        self.info.update(changes)

    def end(self, state, reason):
        self.update(state=state, reason=reason)

    def log(self, message):
        pass


def config_of(trainer, state, updates, rewards):
    """A run config with what GRPOConfig says, by GRPO Lab's names."""
    args = trainer.args
    known = {_camel(name): getattr(args, name) for name in SAME_FIELDS if hasattr(args, name)}
    if not known.get("syncRefModel"):
        known["refModelMixupAlpha"] = 1.0  # it says nothing then
    known["epsilonHigh"] = known.get("epsilonHigh") if known.get("epsilonHigh") is not None else known.get("epsilon")
    known["numGenerationsEval"] = known.get("numGenerationsEval") or known["numGenerations"]
    rollout = getattr(args, "generation_batch_size", None) or args.train_batch_size * args.world_size
    scheduler = getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type)
    return {
        "model": str(getattr(trainer.model.config, "_name_or_path", "")),
        "dataset": _dataset_name(trainer.train_dataset),
        "evalDataset": None if trainer.eval_dataset is None else _dataset_name(trainer.eval_dataset),
        "rewards": [{key: reward[key] for key in ("file", "function", "weight")} for reward in rewards if reward["importable"]],
        "rewardTimeoutSeconds": 10,
        "python": sys.executable,
        "rewardEnv": [],
        "chatTemplateKwargs": getattr(args, "chat_template_kwargs", None) or {},
        "promptsPerStep": max(1, rollout // known["numGenerations"]),
        **known,
        "maxSteps": max(1, state.max_steps // updates),
        "baseline": "group",
        "lrSchedulerType": str(scheduler),
        "lrSchedulerKwargs": {_camel(key): value for key, value in (args.lr_scheduler_kwargs or {}).items()},
        "refModelSyncSteps": max(1, getattr(args, "ref_model_sync_steps", 512) // updates),
        "saveSteps": max(1, int(state.save_steps or args.save_steps) // updates),
        "evalSteps": None if trainer.eval_dataset is None else max(1, int(state.eval_steps or 1) // updates),
        "evalOnStart": bool(args.eval_on_start),
        "lora": _lora(trainer.model),
        "stages": None,
        "device": "auto",
    }


def _lora(model):
    config = getattr(model, "peft_config", {}).get("default")
    if config is None or not hasattr(config, "lora_alpha"):
        return None
    modules = config.target_modules
    return {
        "r": config.r,
        "loraAlpha": config.lora_alpha,
        "targetModules": modules if isinstance(modules, str) else sorted(modules or []),
        "useRslora": config.use_rslora,
        "useDora": config.use_dora,
    }


def _reward_weights(trainer):
    weights = getattr(trainer, "reward_weights", None)
    return [1.0] * len(trainer.reward_func_names) if weights is None else weights.tolist()


def _reward_list(trainer):
    """Name, weight and source of each reward function. One that the training script itself defines cannot be rescored: that would train again."""
    rewards = []
    for name, function, weight in zip(trainer.reward_func_names, trainer.reward_funcs, _reward_weights(trainer), strict=True):
        plain = inspect.unwrap(function.func if isinstance(function, functools.partial) else function)
        file = getattr(function, "file", None)
        if file is None:
            try:
                file = inspect.getsourcefile(plain)
            except TypeError:  # a model
                file = None
        main = getattr(plain, "__module__", None) == "__main__"
        rewards.append(
            {
                "name": str(name),
                "function": getattr(plain, "__name__", str(name)),
                "file": os.path.abspath(file) if file else str(name),
                "weight": weight,
                "importable": file is not None and not main,
            }
        )
    return rewards


def _verdict(names, verdicts, index):
    """What reward functions of GRPO Lab say of a completion besides its score: why they failed, reasons, extracted answers."""
    details, failed = {}, {}
    for name, said in zip(names, verdicts, strict=True):
        verdict = said[index] if said and index < len(said) else {}
        if verdict.get("kind") == "failure" and not failed:
            place = {key: verdict[key] for key in ("file", "line", "column") if key in verdict}
            where = ":".join(str(part) for part in place.values())
            failure = {"name": name, "kind": verdict["failure"], "message": verdict["message"], **({"place": place} if place else {})}
            failed = {"error": f"{where}: {name}: {verdict['message']}" if where else f"{name}: {verdict['message']}", "failure": failure}
        told = {key: verdict[key] for key in ("reason", "extracted") if key in verdict}
        if told:
            details[name] = told
    return {**failed, **({"details": details} if details else {})}


def _calling_trainer():
    """The trainer that called the callback: transformers does not pass it on."""
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, transformers.Trainer):
            return owner
        frame = frame.f_back
    raise RuntimeError("GRPOLabCallback must be called by a trainer: pass it in callbacks=[...].")


def _latest_run(info):
    runs = sorted(Path(".grpo/runs").glob("*/run.json"), reverse=True)
    for file in runs:
        before = json.loads(file.read_text(encoding="utf-8"))
        if (before["name"], before["configFile"]) == (info["name"], info["configFile"]):
            return file.parent
    return None


def _new_folder(name, now):
    stamp = re.sub(r"[-:]", "", now[:19]).replace("T", "-")
    for attempt in range(1, 1000):
        path = Path(".grpo/runs") / (f"{stamp}-{name}" if attempt == 1 else f"{stamp}-{name}-{attempt}")
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            continue
    raise OSError(f"no name is free for a run {name}")


def _this_process():
    """Which process it is among all that were and will be, as GRPO Lab tells whether the run's is still there (Linux; elsewhere by its number)."""

    def read(file):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    identity = {"pid": os.getpid(), "host": socket.gethostname()}
    if not sys.platform.startswith("linux"):
        return identity
    stat = read("/proc/self/stat").rpartition(")")[2].split()
    known = {
        "machine": read("/etc/machine-id") or None,
        "boot": read("/proc/sys/kernel/random/boot_id") or None,
        "namespace": os.readlink("/proc/self/ns/pid"),
        "started": int(stat[19]) if len(stat) > 19 else None,
    }
    return {**identity, **{key: value for key, value in known.items() if value is not None}}


def _device(trainer):
    accelerator = trainer.accelerator
    kind = accelerator.device.type
    if kind == "cuda":
        import torch

        kind = torch.cuda.get_device_name(accelerator.device)
    return kind if accelerator.num_processes == 1 else f"{kind} × {accelerator.num_processes}"


def _versions():
    found = {name: _version(name) for name in ("trl", "transformers", "torch", "accelerate", "peft", "vllm", "deepspeed")}
    return {**{name: number for name, number in found.items() if number}, "python": platform.python_version()}


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _dataset_name(dataset):
    files = [each["filename"] for each in getattr(dataset, "cache_files", None) or []]
    info = getattr(dataset, "info", None)
    return getattr(info, "dataset_name", None) or (files[0] if files else "in memory")


def _text_of(completion):
    """The text that the policy wrote; of messages, that of the last one."""
    if isinstance(completion, str):
        return completion
    content = completion[-1].get("content") if completion else ""
    return content if isinstance(content, str) else json.dumps(_plain(content), ensure_ascii=False)


def _plain(value):
    """As JSON has it; what is no data (images, tensors) as text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else str(value)


def _finite(value):
    """JSON has no NaN and no Infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def _unpadded(ids, mask):
    return [[token for token, real in zip(row, there, strict=True) if real] for row, there in zip(ids.tolist(), mask.tolist(), strict=True)]


def _segments(mask):
    """`[1, 1, 0]` as two tokens of the policy's and one that is not."""
    parts = []
    for trained in map(bool, mask):
        if parts and parts[-1]["trained"] == trained:
            parts[-1]["tokens"] += 1
        else:
            parts.append({"tokens": 1, "trained": trained})
    return parts


def _mean(values):
    present = [value for value in values if value is not None]
    if not present:
        return None
    # Equal values have exactly this mean.
    return present[0] if all(value == present[0] for value in present) else math.fsum(present) / len(present)


def _deviation(values):
    present = [value for value in values if value is not None]
    if len(present) < 2:
        return None
    mean = _mean(present)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in present) / (len(present) - 1))


def _is_eval_metric(key):
    return key in ("reward", "completions/mean_length", "completions/clipped_ratio") or bool(re.fullmatch(r"rewards/.*/mean", key))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _rounded(value, digits):
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def _as_list(value):
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _step_name(step):
    return f"step-{step:06d}"


def _now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
