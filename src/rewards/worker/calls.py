"""What a reward function is called with, as TRL calls it, and what it threw."""

import types

from grpo_reward_errors import describe, place_of
from grpo_reward_forms import NO_IDS, WORDS, lacks_ids, misread_form
from grpo_reward_outcomes import failure, plain


def trl_arguments(request, metrics, extra):
    """The keyword arguments of a reward function in TRL 1.16."""
    prompts, completions = request["prompts"], request["completions"]
    # With a chat prompt, the completion is a chat as well.
    completions = [
        completion if isinstance(prompt, str) else [{"role": "assistant", "content": completion}]
        for prompt, completion in zip(prompts, completions)
    ]
    # Outside training, 1 step of which 0 are done: what ramps up with global_step / max_steps is at its start.
    state = request["trainerState"] or {"globalStep": 0, "maxSteps": 1}

    def log_metric(name, value):
        metrics.setdefault(str(name), []).append(plain(float(value)))

    def log_extra(column, values):
        extra.setdefault(str(column), []).extend(plain(value) for value in values)

    return {
        **request["columns"],
        "prompts": prompts,
        "completions": completions,
        "completion_ids": request["completionIds"],
        "trainer_state": types.SimpleNamespace(global_step=state["globalStep"], max_steps=state["maxSteps"]),
        "log_extra": log_extra,
        "log_metric": log_metric,
    }


def thrown(error, arguments):
    form = misread_form(error, arguments["prompts"], arguments["completions"])
    if form is not None:
        return failure("throw", describe(error) + WORDS[form], reads=form, **place_of(error))
    hint = NO_IDS if lacks_ids(error, arguments) else ""
    return failure("throw", describe(error) + hint, **place_of(error))
