/**
 * Makes the sample workspace's base models and datasets: `npm run sample-models [sort|arithmetic|r1]`. Each model is a small Llama with one
 * token per character (or number word), taught by our own engine from demonstrations that are wrong on purpose, so that GRPO has something to do.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bilingualDatasets, bilingualDemonstration, VOCABULARY } from './bilingual.ts';
import { pretrain, SEED, type Size } from './pretrain.ts';
import { arithmetic, drawer, type Problem, sort, type Task } from './tasks.ts';

const WORKSPACE = 'sample-workspace';
const TINY: Size = { hidden: 96, layers: 3 };
const modelFolder = (name: string) => join(WORKSPACE, 'models', name);

async function make<P extends Problem>(task: Task<P>): Promise<void> {
  const { train, evaluation, heldOut } = datasets(task);
  writeDataset(`${task.name}.train`, train);
  writeDataset(`${task.name}.eval`, evaluation);
  await pretrain(modelFolder(`tiny-${task.name}`), task, TINY, (step, row) => {
    const draw = drawer(SEED, task.name, 'demonstration', step - 1, row);
    const problem = drawUnseen(task, draw, heldOut);
    return { prompt: problem.prompt, completion: task.demonstration(problem, draw) };
  });
}

/** Different problems to train on and to evaluate on; the model's demonstrations leave the latter out too. */
function datasets<P extends Problem>(task: Task<P>) {
  const draw = drawer(SEED, task.name, 'datasets');
  const heldOut = new Set<string>();
  const take = (count: number, seen: Set<string>) =>
    Array.from({ length: count }, () => {
      const problem = drawUnseen(task, draw, seen);
      seen.add(problem.prompt);
      return problem;
    });
  const evaluation = take(task.rows.eval, heldOut);
  const train = take(task.rows.train, new Set(heldOut));
  return { train, evaluation, heldOut };
}

function drawUnseen<P extends Problem>(task: Task<P>, draw: ReturnType<typeof drawer>, seen: Set<string>): P {
  for (;;) {
    const problem = task.problem(draw);
    if (!seen.has(problem.prompt)) return problem;
  }
}

/** For `r1.grpo.json`: a base model, a smaller one to distill into, and the data of each stage. */
async function makeBilingual(): Promise<void> {
  const { heldOut, ...files } = bilingualDatasets(SEED);
  for (const [name, rows] of Object.entries(files)) writeDataset(`r1.${name}`, rows);
  for (const [name, size] of [
    ['tiny-bilingual', TINY] as const,
    ['tinier-bilingual', { hidden: 64, layers: 2 }] as const,
  ])
    await pretrain(modelFolder(name), VOCABULARY, size, (step, row) =>
      bilingualDemonstration(drawer(SEED, 'bilingual', step - 1, row), heldOut),
    );
}

function writeDataset(name: string, rows: readonly unknown[]): void {
  mkdirSync(join(WORKSPACE, 'data'), { recursive: true });
  writeFileSync(join(WORKSPACE, 'data', `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

const wanted = process.argv[2];
for (const task of [sort, arithmetic] as Task<Problem>[]) {
  if (wanted === undefined || wanted === task.name) await make(task);
}
if (wanted === undefined || wanted === 'r1') await makeBilingual();
