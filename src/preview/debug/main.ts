// What a debugger runs for "Debug on Sample": one call of one function, in this very process and without any limits.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSamples } from '../../data/samples.ts';
import type { ScoreRequest } from '../../protocol/reward-worker.ts';
import { compileReward } from '../../rewards/compile.ts';
import { loadRewardFile } from '../../rewards/worker/load.ts';
import { toOutcome } from '../../rewards/worker/outcome.ts';
import { batchInput, rowInput } from '../../rewards/worker/score.ts';
import { promptRenderer } from '../rendered-prompts.ts';
import { batchOf } from '../sample-scores.ts';

const { file, name, samples, line, model, variables, hidden } = JSON.parse(process.argv[2]!);
// A worker does not see them either.
for (const variable of hidden as string[]) delete process.env[variable];
const apiPath = join(dirname(fileURLToPath(import.meta.url)), 'grpo-rewards.js');

const sample = loadSamples(samples).find((row) => row.line === line);
if (!sample) throw new Error(`${samples} no longer has a sample on line ${line}.`);
const { modules: source } = await compileReward(file, apiPath, new Map());
const { functions } = await loadRewardFile({ type: 'load', file, source, names: [name], memoryLimitBytes: 0 });
const found = functions.find((candidate) => candidate.name === name);
if (!found) throw new Error(`${file} exports no function ${name}.`);

const batchOfOne = batchOf([{ ...sample, rendered: promptRenderer()(model, variables)(sample.prompt) }]);
const request: ScoreRequest = {
  type: 'score',
  name,
  prompts: [sample.prompt],
  renderedPrompts: batchOfOne.renderedPrompts ?? null,
  completions: [sample.completion],
  completionIds: null,
  columns: JSON.parse(JSON.stringify(batchOfOne.columns)),
  trainerState: null,
  rows: [0],
  concurrency: 1,
  timeoutSeconds: Number.POSITIVE_INFINITY,
};
const batch = found.kind === 'batch';
const result = await found.call(batch ? batchInput(request) : rowInput(request, 0));
console.log(
  `${name} on sample ${line}:`,
  toOutcome(batch && Array.isArray(result) ? result[0] : result, sample.completion),
);
