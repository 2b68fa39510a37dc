/** Other programs open our checkpoints: transformers makes of them what we do. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { REFERENCES, referenceModel, runGrpo, tinyWorkspace, trainHere } from './workspace.ts';

const hasTransformers = hasPackages(['transformers', 'torch', 'peft'], 'no checkpoint was opened with them');

const rows = [
  { prompt_ids: [20, 21, 5, 9], completion_ids: [7, 100, 31, 2] },
  { prompt_ids: [77], completion_ids: [8, 9, 10, 11, 12, 13] },
];

describe.skipIf(!hasTransformers)('a checkpoint opens in transformers, with the log-probabilities that we get', () => {
  test.for([
    ['llama-head-dim-bf16', 'float32'],
    ['llama-sharded', 'bfloat16'],
    ['qwen2-f16', 'float16'],
    ['qwen3', 'float32'],
    ['llama.gguf', 'bfloat16'],
    ['llama3.gguf', 'float32'],
    ['qwen2.gguf', 'float32'],
  ])('%s, saved as %s', async ([model, checkpointDtype]) => {
    const folder = tinyWorkspace(
      { model: referenceModel(model!), checkpointDtype, maxSteps: 2, learningRate: 1e-2 },
      { 'rows.jsonl': rows },
    );
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    await expectSame(result.checkpoint!, join(folder, 'rows.jsonl'), referenceModel(model!));
  });
});

describe.skipIf(!hasTransformers)('a LoRA checkpoint opens in PEFT, and merged in transformers', () => {
  test.for([
    ['llama3-biased', 'float32', { targetModules: 'all-linear' }],
    ['llama-sharded', 'float16', { targetModules: ['gate_proj', 'k_proj'] }],
    ['qwen3', 'bfloat16', { targetModules: ['q_proj', 'v_proj'] }],
    [
      'llama3-biased',
      'float32',
      {
        targetModules: '.*\\.(q|gate|down)_proj',
        excludeModules: ['layers.0.mlp.gate_proj'],
        rankPattern: { down_proj: 5, 'layers\\.1\\..*q_proj': 1 },
        alphaPattern: { q_proj: 4 },
        useRslora: true,
      },
    ],
    [
      'qwen3',
      'float32',
      { targetModules: ['q_proj', 'up_proj'], layersToTransform: 1, layersPattern: 'layers', useDora: true },
    ],
    ['llama3-biased', 'float32', { targetModules: ['lm_head', 'embed_tokens', 'o_proj'], useDora: true }],
    ['llama3-biased', 'float32', { targetModules: ['lm_head', 'v_proj'] }],
    ['llama3-biased', 'bfloat16', { targetModules: ['v_proj'], modulesToSave: ['embed_tokens'] }],
    ['qwen3', 'float32', { targetModules: ['v_proj', 'lm_head'], modulesToSave: ['embed_tokens', 'lm_head'] }],
  ] as const)('%s, saved as %s, %j', async ([model, checkpointDtype, fields]) => {
    const lora = { r: 3, loraAlpha: 12, ...fields };
    const folder = tinyWorkspace(
      { model: referenceModel(model), checkpointDtype, maxSteps: 3, learningRate: 5e-2, lora },
      { 'rows.jsonl': rows },
    );
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    const file = join(folder, 'rows.jsonl');
    const adapter = await expectSame(result.checkpoint!, file, referenceModel(model));

    const { status, stdout } = await runGrpo('export', result.checkpoint!, '--to', join(folder, 'merged'));
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(folder, 'merged')}\n` });
    const merged = await expectSame(join(folder, 'merged'), file, referenceModel(model));
    // These models are in float32, and stay so.
    expect(distance(adapter, merged)).toBeLessThan(1e-4);
  });
});

const starts = new Map<string, ReturnType<typeof runGrpo>>();
/** What a start model makes of the rows, which are the same for all tests. */
function known(start: string, file: string): ReturnType<typeof runGrpo> {
  const printed = starts.get(start) ?? runGrpo('logprobs', start, file, '--json');
  starts.set(start, printed);
  return printed;
}

/** What transformers or PEFT makes of a checkpoint is what we make of it, and not what we make of the model it began as; gives that. */
async function expectSame(checkpoint: string, file: string, start: string): Promise<string> {
  const script = join(REFERENCES, 'open_checkpoint.py');
  const theirs = await printedByPython([script, checkpoint, file]);
  const { stdout: ours } = await runGrpo('logprobs', checkpoint, file, '--json');
  const { stdout: before } = await known(start, file);
  expect(distance(ours, theirs)).toBeLessThan(1e-4);
  expect(distance(before, theirs)).toBeGreaterThan(1e-2);
  return ours;
}

function distance(a: string, b: string): number {
  const numbers = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { logprobs: number[] }).logprobs);
  const other = numbers(b);
  expect(numbers(a)).toHaveLength(other.length);
  return Math.max(...numbers(a).map((value, index) => Math.abs(value - other[index]!)));
}
