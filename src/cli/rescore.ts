import { rescoreRun } from '../rescore/rescore-run.ts';
import type { CommandOf } from './commands.ts';
import { print, printAside, printJson, warn } from './output.ts';
import { BiggestChanges, describeStart, describeStep, describeSummary, STEP_HEADINGS } from './rescore-report.ts';
import { rewardWorker } from './reward-worker.ts';

/** `grpo rescore`: recorded completions of a run under its rewards as they are now. Nothing is generated, nothing is written. */
export async function rescoreCommand(options: CommandOf<'rescore'>): Promise<number> {
  const { run, step, newestFirst, python, json } = options;
  const steps = step === undefined ? options.steps : { from: step, to: step };
  const biggest = new BiggestChanges();
  const summary = await rescoreRun(
    { run, steps, newestFirst, python, rewardWorker, onOutput: printAside, onWarning: warn },
    {
      start(event) {
        if (json) printJson(event);
        else print(`${describeStart(event)}\n\n${STEP_HEADINGS}`);
      },
      step(event, recorded) {
        if (json) return printJson(event);
        print(describeStep(event));
        biggest.take(event, recorded);
      },
    },
  );
  if (json) printJson(summary);
  else print(`\n${[describeSummary(summary), ...biggest.describe()].join('\n\n')}`);
  return 0;
}
