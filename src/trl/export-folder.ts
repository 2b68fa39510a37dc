import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { BuildFailure } from 'esbuild';
import type { LoadedConfig } from '../config/load-config.ts';
import { replaceFolder } from '../model/files/save.ts';
import { BadInput } from '../protocol/errors.ts';
import { bundledName, bundleReward } from '../rewards/bundled-reward.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { promptsEvaluated } from '../trainer/evaluate.ts';
import type { PromptList } from '../trainer/prompt-list.ts';
import { ACCELERATE, accelerateFiles } from './accelerate-files.ts';
import { translate } from './fields.ts';
import { launch } from './launch.ts';
import { readme, slurmScript } from './launch-files.ts';
import { optionFiles } from './options.ts';
import { requirements } from './packages.ts';
import { prepareScript } from './prepare-script.ts';
import { dataLine } from './prompt-rows.ts';
import { moduleName, scriptRewards } from './rewards.ts';
import { trainScript } from './train-script.ts';

/** Larger models stay where they are: a cluster has its own copy. */
const MOST_COPIED = 100 * 1024 ** 2;

/** Of the build, what runs TypeScript rewards for a Python program. */
const WORKER_FILES = ['reward-host.js', 'reward-worker.js', 'reward-hooks.js', 'reward-lifeline.js', 'grpo-rewards.js'];

/**
 * Writes what a config trains as a folder that TRL trains without us. `built`: the folder of the build. Gives the sentences about what is not
 * the same there. Throws BadInput for what TRL cannot do, before anything is written.
 */
export async function exportTrl(loaded: LoadedConfig, to: string, built: string): Promise<string[]> {
  const { name, file: configFile, locate } = loaded;
  const translated = translate(loaded.config);
  if (translated.impossible.length > 0)
    throw new BadInput(`TRL cannot train this config. ${translated.impossible.join(' ')}`, locate([]));

  const prepared = await prepareScript(loaded, translated, { built, python: loaded.config.python });
  const { config, prompts, evaluated, args, set, tokenizer, notes } = prepared;
  const rewards = scriptRewards(set.functions, config);
  const bundles = await bundlesOf(set);
  const copied = statSync(config.model).isDirectory() && sizeOf(config.model) <= MOST_COPIED;
  const model = copied ? 'model' : config.model;
  const launched = launch(config);
  const typescript = rewards.languages.has('typescript');

  await replaceFolder(to, async (folder) => {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const lines = (list: PromptList, count: number) =>
      Array.from({ length: count }, (_, index) => dataLine(list.row(index), tokenizer, config.chatTemplateKwargs)).join(
        '',
      );
    const script = { name, configFile, config, rewards, args };
    write('train.py', trainScript({ ...script, evaluates: evaluated !== undefined, model, copied }));
    write('data/train.jsonl', lines(prompts, prompts.length));
    if (evaluated) write('data/eval.jsonl', lines(evaluated, promptsEvaluated(config, evaluated.length)));
    for (const [path, text] of [...bundles, ...pythonModules(set)]) write(`rewards/${path}`, text);
    for (const [path, text] of Object.entries(accelerateFiles(config))) write(`${ACCELERATE}/${path}`, text);
    if (launched.file) write(launched.file.path, launched.file.text);
    for (const [path, from] of optionFiles(config)) cpSync(from, join(folder, path));
    write('slurm.sh', slurmScript(name));
    write('requirements.txt', requirements(config));
    write('README.md', readme({ name, typescript, copied, model, notes, config }));
    write('grpo-lab.json', `${JSON.stringify({ name, configFile, config }, null, 2)}\n`);
    cpSync(join(built, 'grpo_lab.py'), join(folder, 'grpo_lab.py'));
    if (typescript) {
      cpSync(join(built, 'grpo_lab_rewards.py'), join(folder, 'grpo_lab_rewards.py'));
      for (const file of WORKER_FILES) cpSync(join(built, file), join(folder, 'worker', file));
      // Node takes .js files for what the nearest package.json says.
      write('worker/package.json', '{ "type": "module" }\n');
    }
    if (copied) cpSync(config.model, join(folder, 'model'), { recursive: true });
  });
  return notes;
}

/** TypeScript reward files by their names in `rewards/`, each with what it imports. */
async function bundlesOf({ functions }: RewardSet): Promise<Map<string, string>> {
  const bundles = new Map<string, string>();
  const sources = new Map<string, string>();
  for (const { file, language } of functions) {
    if (language !== 'typescript' || sources.get(bundledName(file)) === file) continue;
    refuseSameName(sources, bundledName(file), file);
    try {
      bundles.set(bundledName(file), await bundleReward(file));
    } catch (error) {
      const first = (error as BuildFailure).errors?.[0];
      if (!first) throw error;
      throw new BadInput(`The reward file cannot be bundled for another machine: ${first.text}.`, { file });
    }
  }
  return bundles;
}

const RELATIVE_IMPORT = /^\s*from\s+\./;

/** Python reward files and the user's modules that they import, as they are. */
function pythonModules({ functions, sources }: RewardSet): Map<string, string> {
  const files = [...new Set(functions.filter(({ language }) => language === 'python').map(({ file }) => file))];
  refuseMissing(files, sources);
  const modules = new Map<string, string>();
  const from = new Map<string, string>();
  for (const { file, text } of sources.filter((source) => source.file.endsWith('.py'))) {
    const reward = files.find((other) => !relative(dirname(other), file).startsWith('..'));
    if (reward === undefined) continue;
    const path = files.includes(file)
      ? `${moduleName(file)}.py`
      : relative(dirname(reward), file).replaceAll('\\', '/');
    refuseSameName(from, path, file);
    modules.set(path, text);
  }
  return modules;
}

/** Throws BadInput for what Python rewards import here and would not find in the exported folder. */
function refuseMissing(files: readonly string[], sources: RewardSet['sources']): void {
  for (const { file, text } of sources.filter((source) => files.includes(source.file))) {
    const line = text.split('\n').findIndex((each) => RELATIVE_IMPORT.test(each)) + 1;
    if (line === 0) continue;
    const message =
      'A relative import needs the package that this file is in, and the exported folder has the file alone; import by name (`from helpers import …`).';
    throw new BadInput(message, { file, line });
  }
  const above = sources
    .filter(({ file }) => file.endsWith('.py') && files.every((each) => relative(dirname(each), file).startsWith('..')))
    .map(({ file }) => file);
  // A package's own file says least.
  const first = above.find((file) => basename(file) !== '__init__.py') ?? above[0];
  if (first !== undefined)
    throw new BadInput(
      `A reward function imports this file, which is not in the folder of ${basename(files[0]!)} or below it, so the exported folder would lack it; move it there.`,
      { file: first },
    );
}

function refuseSameName(names: Map<string, string>, name: string, file: string): void {
  const other = names.get(name);
  if (other !== undefined && other !== file)
    throw new BadInput(`Two reward files would both be called rewards/${name}; rename ${basename(file)}.`, { file });
  names.set(name, file);
}

/** Bytes of the files in a folder and below. */
const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
