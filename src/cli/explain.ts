import { BadInput } from '../protocol/errors.ts';
import { explainedGroup } from '../protocol/explained-group.ts';
import { explainGroup } from '../protocol/explanation.ts';
import { spanAt, stageSpans, stageText } from '../protocol/stage-spans.ts';
import { readCompletionTokens } from '../run-folder/completion-tokens.ts';
import { readCompletions, recordedSteps } from '../run-folder/rollouts.ts';
import { checkConfig, readRunInfo } from '../run-folder/run-info.ts';
import type { CommandOf } from './commands.ts';
import { demoGroup } from './explain-demo.ts';
import { explanationText } from './explanation-text.ts';
import { print, printJson } from './output.ts';

/** `grpo explain`: GRPO with the numbers of one group, of a run or made up. */
export async function explainCommand(options: CommandOf<'explain'>): Promise<number> {
  const { run, demo, json } = options;
  if (demo === (run !== undefined))
    throw new BadInput('Name a run folder with --step and --group, or say --demo for a group that needs no run.');
  const explanation = explainGroup(demo ? demoGroup() : await recordedGroup(run!, options));
  if (json) printJson(explanation);
  else print(explanationText(explanation));
  return 0;
}

async function recordedGroup(run: string, { step: wanted, group = 0 }: CommandOf<'explain'>) {
  const info = readRunInfo(run);
  checkConfig(run, info);
  const steps = recordedSteps(run);
  const step = wanted ?? steps.at(-1)!;
  const stage = spanAt(stageSpans(info.config), step);
  if (stage?.kind === 'sft' || stage?.kind === 'distill')
    throw new BadInput(
      `Step ${step} belongs to the stage ${stageText(stage)}: it learns from demonstrations, and samples no completions.`,
    );
  if (!steps.includes(step))
    throw new BadInput(
      `Step ${step} has no recorded completions; there are those of steps ${steps[0]} to ${steps.at(-1)}.`,
    );
  const rows = await readCompletions(run, step);
  if (rows.length === 0)
    throw new BadInput(`The recorded completions of step ${step} are empty; choose another with --step.`);
  const groups = [...new Set(rows.map((row) => row.group))];
  if (!groups.includes(group))
    throw new BadInput(`Step ${step} has no group ${group}; its groups are ${groups[0]} to ${groups.at(-1)}.`);
  if (rows.some((row) => row.group === group && row.discarded))
    throw new BadInput(
      `Group ${group} of step ${step} was discarded: it has no signal, and the step learned from another prompt in its place.`,
    );
  return explainedGroup(info, { step, group, rows, tokens: await readCompletionTokens(run, step, group) });
}
