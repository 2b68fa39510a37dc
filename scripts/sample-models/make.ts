/**
 * Makes the sample workspace's base models and datasets: `npm run sample-models [sort|arithmetic]`. Each model is a small Llama with one
 * token per character, taught by our own engine from demonstrations that are wrong on purpose, so that GRPO has something to do.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { WEIGHTS_FILE } from '../../src/model/files/weights.ts';
import { loadTokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { runConfigSchema } from '../../src/protocol/run-config.ts';
import { LocalLearner } from '../../src/trainer/policy/local-learner.ts';
import { SftStage } from '../../src/trainer/stages/sft.ts';
import { charTokenizerFiles, EOS_ID, PAD_ID } from './char-tokenizer.ts';
import { freshWeights } from './fresh-weights.ts';
import { trainPrinted } from './printed-training.ts';
import { arithmetic, drawer, type Problem, sort, type Task } from './tasks.ts';

const SEED = 1;
const BATCH = 64;
const STEPS = 1500;
const OPTIMIZER = {
  ...{ maxSteps: STEPS, learningRate: 2e-3, lrSchedulerType: 'cosine', warmupSteps: 100 },
  ...{ adamBeta2: 0.98, weightDecay: 0.01 },
};
const WORKSPACE = 'sample-workspace';

async function make<P extends Problem>(task: Task<P>): Promise<void> {
  console.log(`${task.name}: ${STEPS} batches of ${BATCH} demonstrations`);
  const { train, evaluation, heldOut } = datasets(task);
  mkdirSync(join(WORKSPACE, 'data'), { recursive: true });
  writeJsonLines(join(WORKSPACE, 'data', `${task.name}.train.jsonl`), train);
  writeJsonLines(join(WORKSPACE, 'data', `${task.name}.eval.jsonl`), evaluation);

  const folder = join(WORKSPACE, 'models', `tiny-${task.name}`);
  mkdirSync(folder, { recursive: true });
  const { tokenizerJson, tokenizerConfig } = charTokenizerFiles(task.characters);
  writeJson(join(folder, 'tokenizer.json'), tokenizerJson);
  writeJson(join(folder, 'tokenizer_config.json'), tokenizerConfig);
  const vocabulary = Object.keys((tokenizerJson.model as { vocab: object }).vocab).length;
  writeJson(join(folder, 'config.json'), llamaConfig(vocabulary));
  writeJson(join(folder, 'generation_config.json'), { eos_token_id: EOS_ID, pad_token_id: PAD_ID });

  const config = readModelConfig(folder);
  const tokenizer = loadTokenizer(folder);
  const learner = new LocalLearner({
    ...{ engine: new OnnxEngine(), model: config, eosTokenIds: [EOS_ID], weights: freshWeights(config, SEED) },
    config: runConfigSchema.parse({ model: folder, dataset: [`${task.name}.train.jsonl`], rewards: [], ...OPTIMIZER }),
    supervised: true,
  });
  const demonstration = (step: number, row: number) => {
    const draw = drawer(SEED, task.name, 'demonstration', step - 1, row);
    const problem = drawUnseen(task, draw, heldOut);
    const completion = tokenizer.encode(task.demonstration(problem, draw), { addSpecialTokens: false });
    return { promptIds: tokenizer.encode(problem.prompt), completionIds: [...completion, EOS_ID] };
  };
  const stage = new SftStage(learner, (step) => Array.from({ length: BATCH }, (_, row) => demonstration(step, row)));
  await trainPrinted(stage, STEPS, { file: WEIGHTS_FILE, folder });
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

const llamaConfig = (vocabulary: number) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  dtype: 'float32',
  vocab_size: vocabulary,
  hidden_size: 96,
  intermediate_size: 256,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 24,
  hidden_act: 'silu',
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: true,
  pad_token_id: PAD_ID,
  eos_token_id: EOS_ID,
});

const writeJson = (file: string, value: unknown) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
const writeJsonLines = (file: string, rows: unknown[]) =>
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const wanted = process.argv[2];
for (const task of [sort, arithmetic] as Task<Problem>[]) {
  if (wanted === undefined || wanted === task.name) await make(task);
}
