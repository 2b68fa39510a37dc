/** Supervised stages against TRL's own SFTTrainer (test/references/sft_training.py): token ids, metrics at each step, weights at the end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDemonstrations } from '../../../src/data/demonstrations.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { DemonstrationList } from '../../../src/trainer/demonstration-list.ts';
import { distance, norm, readTensors } from './trl-run.ts';
import { metricsOf, REFERENCES, readJson, referenceModel, trainHere, workspace } from './workspace.ts';

interface SftCase {
  config: {
    model: string;
    data: 'plain' | 'chat';
    maxLength: number;
    gradientAccumulationSteps: number;
    [field: string]: unknown;
  };
  noise: { weights: number; update: number };
  rows: { ids: number[]; labels: number[] }[];
  metrics: Record<string, number>[];
}

const FOLDER = join(REFERENCES, 'fixtures/sft-training');
const cases = readJson<Record<string, SftCase>>(FOLDER, 'cases.json');
const MASKED = -100;

describe.each(Object.entries(cases))('%s', (name, { config, noise, rows, metrics }) => {
  const { model, data, maxLength, ...fields } = config;
  const folder = referenceModel(model);

  test("rows become TRL's token ids and labels", async () => {
    const demonstrations = await loadDemonstrations(
      { named: join(FOLDER, `${data}.jsonl`) },
      { prompt: null, columns: null },
    );
    const limits = { model: readModelConfig(folder), maxLength, templateVariables: {} };
    const { sequences } = new DemonstrationList(demonstrations, loadTokenizer(folder), limits);
    const made = sequences.map(({ promptIds, completionIds }) => ({
      ids: [...promptIds, ...completionIds],
      labels: [...promptIds.map(() => MASKED), ...completionIds],
    }));
    expect(made).toEqual(rows);
  });

  test('training takes the same way', async () => {
    const here = workspace({
      'run.grpo.json': {
        ...{ model: folder, dataset: 'rows.jsonl', rewards: [], ...fields, shuffleDataset: false },
        stages: [{ kind: 'sft', maxLength }],
      },
      'rows.jsonl': readFileSync(join(FOLDER, `${data}.jsonl`), 'utf8'),
    });
    const run = join(here, 'run');
    const { result } = await trainHere(join(here, 'run.grpo.json'), { out: run });

    const same = ['loss', 'grad_norm', 'learning_rate', 'num_tokens'];
    // TRL takes the mean over micro-batches where ours is that over all tokens.
    if (config.gradientAccumulationSteps === 1) same.push('entropy', 'mean_token_accuracy');
    const ours = metricsOf(run);
    expect(ours.map(({ step }) => step)).toEqual(metrics.map((_, index) => index + 1));
    for (const [index, theirs] of metrics.entries())
      for (const key of same) {
        // What another order of summation does to the weights shows most in the norm: as far as two runs of TRL are apart.
        const relative = key === 'grad_norm' ? Math.max(1e-4, 2 * noise.update) : 1e-4;
        const tolerance = relative * Math.max(1, Math.abs(theirs[key]!));
        expect(Math.abs(ours[index]![key]! - theirs[key]!), `${key} of step ${index + 1}`).toBeLessThan(tolerance);
      }

    const start = readTensors(join(folder, 'model.safetensors'));
    const reached = readTensors(join(result.checkpoint!, 'model.safetensors'));
    const wanted = readTensors(join(FOLDER, `${name}.safetensors`));
    expect([...reached.keys()].sort()).toEqual([...wanted.keys()].sort());
    const names = [...wanted.keys()];
    const misses = names.map((tensor) => distance(reached.get(tensor)!, wanted.get(tensor)!));
    const sizes = names.map((tensor) => norm(wanted.get(tensor)!));
    expect(Math.hypot(...misses) / Math.hypot(...sizes)).toBeLessThan(1e-4);
    for (const [index, tensor] of names.entries()) {
      const update = distance(start.get(tensor)!, wanted.get(tensor)!);
      // Two right answers are that far apart.
      const tolerance = Math.max(1e-3, 5 * noise.update);
      expect(misses[index]! / update, `${tensor}: relative to the update`).toBeLessThan(tolerance);
    }
  });
});
