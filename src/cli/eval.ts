import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadRunConfig } from '../config/load-config.ts';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import { runInstead } from '../model/files/run-instead.ts';
import { BadInput } from '../protocol/errors.ts';
import { evaluateStart } from '../trainer/evaluate.ts';
import { besideQuantized } from '../trainer/model-as-trained.ts';
import { prepareRun } from '../trainer/prepare.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';

/** `grpo eval`: mean rewards of sampled completions of the held-out prompts, under the start model or a checkpoint. */
export async function evaluateCommand({ config: file, checkpoint, json }: CommandOf<'eval'>): Promise<number> {
  const loaded = loadRunConfig(file);
  if (loaded.config.evalDataset === null && loaded.config.evalSplit === null) {
    throw new BadInput('there is no "evalDataset" or "evalSplit" to evaluate on; add one', loaded.locate([]));
  }
  const folder = checkpoint === undefined ? undefined : checkpointFolder(checkpoint);
  const beside = folder === undefined ? undefined : besideQuantized(folder, loaded.config);
  if (beside) {
    // What the adapter was trained on, whatever the config says by now.
    const { base: model, lora, quantization } = beside;
    Object.assign(loaded.config, { model, lora, quantization });
  } else if (folder !== undefined) {
    // A model folder like any other, checked like any other. An adapter's brings its own: another one is not trained on top, and nothing is rounded.
    Object.assign(loaded.config, { model: folder, lora: null, quantization: null });
  }
  const run = await prepareRun(loaded, { rewardWorker, onWarning: warn, onlySamples: true });
  try {
    const evaluation = await evaluateStart(run, run.evalPrompts!, beside && folder);
    const { completions: _, totals: __, rows: ___, used, ...result } = evaluation;
    if (json) {
      printJson({ ...result, ...(Object.keys(used).length > 0 && { used }) });
      return 0;
    }
    const figure = (value: number | null) => (value === null ? 'none' : value.toFixed(3));
    for (const [name, mean] of Object.entries(result.rewards)) print(`${name.padEnd(24)} ${figure(mean)}`);
    print(`${'reward'.padEnd(24)} ${figure(result.reward)}`);
    print(
      `${result.prompts} prompts, ${result.prompts * run.config.numGenerationsEval} completions of ${result.length.toFixed(1)} tokens`,
    );
    for (const [name, amount] of Object.entries(used)) print(`${name.padEnd(24)} ${amount}`);
    if (result.failed > 0)
      print(`a reward function failed on ${(100 * result.failed).toFixed(1)} % of the completions`);
    return 0;
  } finally {
    await run.rewards.close();
  }
}

function checkpointFolder(checkpoint: string): string {
  const folder = resolve(checkpoint);
  if (existsSync(join(folder, 'config.json')) || isAdapterFolder(folder)) return folder;
  const message = 'there is no checkpoint here (neither config.json nor adapter_config.json)';
  throw new BadInput(runInstead(folder) ?? message, { file: folder });
}
