import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFailure } from '../../run-folder/atomic-write.ts';
import { promptsEvaluated } from '../../trainer/evaluate.ts';
import type { PromptList } from '../../trainer/prompt-list.ts';
import { trlBatches } from '../batches.ts';
import { launch } from '../launch.ts';
import { optionFiles } from '../options.ts';
import type { PreparedScript } from '../prepare-script.ts';
import { dataLine } from '../prompt-rows.ts';
import { scriptRewards } from '../rewards.ts';
import { trainScript } from '../train-script.ts';

interface RunScript {
  name: string;
  configFile: string;
  prepared: PreparedScript;
  /** The folder of the build. */
  built: string;
  /** TRL's own checkpoint to continue from. */
  checkpoint: string | null;
}

/** Writes the script that trains a run, and its data, into a folder of the run; gives what Python is started with. Throws RunFailure. */
export function writeRunScript(folder: string, { name, configFile, prepared, built, checkpoint }: RunScript): string[] {
  const { config, prompts, evaluated, set, tokenizer } = prepared;
  const { eval_on_start: _, ...others } = prepared.args;
  // A resumed run has that evaluation, or one of a later step, which TRL would make again.
  const args = checkpoint === null ? prepared.args : others;
  const launched = launch(config);
  const script = trainScript({
    ...{ name, configFile, config, args },
    rewards: scriptRewards(set.functions, config, { inPlace: true }),
    evaluates: evaluated !== undefined,
    model: config.model,
    copied: false,
    run: { modules: built, checkpoint },
  });
  const lines = (list: PromptList, count: number) =>
    Array.from({ length: count }, (_, index) => dataLine(list.row(index), tokenizer, config.chatTemplateKwargs)).join(
      '',
    );
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    write('train.py', script);
    write('data/train.jsonl', lines(prompts, prompts.length));
    if (evaluated) write('data/eval.jsonl', lines(evaluated, promptsEvaluated(config, evaluated.length)));
    if (launched.file) write(launched.file.path, launched.file.text);
    for (const [path, from] of optionFiles(config)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(from, join(folder, path));
    }
    write('grpo-lab.json', `${JSON.stringify({ name, configFile, config }, null, 2)}\n`);
  } catch (error) {
    throw writeFailure(folder, error);
  }
  return launched.args;
}

/** Removes what TRL wrote after the step that it continues from, whole or not: transformers takes what has the highest number for the newest. */
export function removeLaterCheckpoints(folder: string, step: number, config: PreparedScript['config']): void {
  const output = join(folder, 'output');
  const last = step * trlBatches(config).updatesPerStep;
  try {
    for (const name of readdirSync(output)) {
      const number = /^checkpoint-(\d+)$/.exec(name)?.[1];
      if (number !== undefined && Number(number) > last) rmSync(join(output, name), { recursive: true, force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeFailure(output, error);
  }
}
