import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as z from 'zod';
import { type LoadedConfig, loadRunConfig } from '../config/load-config.ts';
import { hubHint } from '../files/dataset-files.ts';
import type { RowMapping } from '../protocol/dataset-summary.ts';
import { BadInput } from '../protocol/errors.ts';
import { runConfigFields } from '../protocol/run-config-fields.ts';
import type { CommandOf } from './commands.ts';
import { reportDataset } from './data-report.ts';
import { print, printJson } from './output.ts';
import { type DatasetToSummarize, summarizeDataset } from './summarize-dataset.ts';

/** `grpo data`: what is in a dataset, how its rows could become prompts, and what a model would see. Exit status 2 where they cannot. */
export async function dataCommand(options: CommandOf<'data'>): Promise<number> {
  const { model, json, rows } = options;
  const { run, dataset } = datasetOf(options);
  const summary = await summarizeDataset({
    ...dataset,
    most: rows,
    ...mappingOf(options, run),
    placeOf: placeOf(options, run),
    model: model === undefined ? run?.config.model : resolve(model),
    templateVariables: run?.config.chatTemplateKwargs ?? {},
  });
  if (json) printJson(summary);
  else print(reportDataset(summary));
  if (summary.problem) throw new BadInput(summary.problem.message, summary.problem.place, summary.problem);
  return 0;
}

/** The files, or those that a run config names; and the run config to read them with. */
function datasetOf({ files, config }: CommandOf<'data'>): {
  run: LoadedConfig | undefined;
  dataset: Pick<DatasetToSummarize, 'named' | 'at'>;
} {
  const [only] = files;
  if (config === undefined && files.length === 1 && only!.endsWith('.grpo.json')) {
    const run = loadRunConfig(only!);
    return { run, dataset: { named: run.config.dataset, at: run.locate(['dataset']) } };
  }
  const named = files.map((file) => {
    const hint = existsSync(file) ? '' : hubHint(file);
    if (hint !== '') throw new BadInput(`The dataset ${file} does not exist.${hint}`);
    return resolve(file);
  });
  return { run: config === undefined ? undefined : loadRunConfig(config), dataset: { named } };
}

/** What was asked for; what is undefined is left to the proposal. */
function mappingOf({ prompt, columns }: CommandOf<'data'>, run: LoadedConfig | undefined): Partial<RowMapping> {
  const isJson = prompt !== undefined && /^\s*(\{|"|null\s*$)/.test(prompt);
  return {
    ...(run && { prompt: run.config.prompt, columns: run.config.columns }),
    ...(prompt !== undefined && { prompt: isJson ? fieldFrom('prompt', prompt) : prompt }),
    ...(columns !== undefined && { columns: fieldFrom('columns', columns) }),
  };
}

function fieldFrom<Name extends keyof RowMapping>(name: Name, json: string): RowMapping[Name] {
  const schema: z.ZodType = runConfigFields.shape[name];
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new BadInput(`--${name} is not valid JSON: ${(error as Error).message}.`);
  }
  const { success, data } = schema.safeParse(value);
  if (!success)
    throw new BadInput(`--${name} must be what "${name}" can be in a run config, such as ${EXAMPLES[name]}.`);
  return data as RowMapping[Name];
}

const EXAMPLES = {
  prompt: '\'{ "user": "{{ question }}" }\'',
  columns: '\'{ "answer": "reward_model.ground_truth" }\'',
};

/** Where a field of the mapping was given, for messages. */
function placeOf(
  options: CommandOf<'data'>,
  run: LoadedConfig | undefined,
): NonNullable<DatasetToSummarize['placeOf']> {
  return (path) => {
    const [field] = path;
    if (field === 'prompt' && options.prompt !== undefined) return { file: '', path, option: '--prompt' };
    if (field === 'columns' && options.columns !== undefined) return { file: '', path, option: '--columns' };
    return run?.locate(path);
  };
}
