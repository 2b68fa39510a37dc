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

export const SEED = 1;
const BATCH = 64;
const STEPS = 1500;
const OPTIMIZER = {
  ...{ maxSteps: STEPS, learningRate: 2e-3, lrSchedulerType: 'cosine', warmupSteps: 100 },
  ...{ adamBeta2: 0.98, weightDecay: 0.01 },
};

/** A small Llama: its width (a multiple of 4 heads) and its number of layers. */
export interface Size {
  hidden: number;
  layers: number;
}

/** What a model reads and writes. */
export interface Vocabulary {
  /** One token each. */
  characters: string;
  /** Longer texts that are one token each. */
  words?: readonly string[];
}

/** Writes a Hugging Face folder with a model that has learned to write as these demonstrations do; of each step's row, always the same one. */
export async function pretrain(
  folder: string,
  { characters, words }: Vocabulary,
  size: Size,
  demonstration: (step: number, row: number) => { prompt: string; completion: string },
): Promise<void> {
  console.log(`${folder}: ${STEPS} batches of ${BATCH} demonstrations`);
  mkdirSync(folder, { recursive: true });
  const { tokenizerJson, tokenizerConfig } = charTokenizerFiles(characters, words);
  writeJson(join(folder, 'tokenizer.json'), tokenizerJson);
  writeJson(join(folder, 'tokenizer_config.json'), tokenizerConfig);
  const vocabulary = Object.keys((tokenizerJson.model as { vocab: object }).vocab).length;
  writeJson(join(folder, 'config.json'), llamaConfig(vocabulary, size));
  writeJson(join(folder, 'generation_config.json'), { eos_token_id: EOS_ID, pad_token_id: PAD_ID });

  const config = readModelConfig(folder);
  const tokenizer = loadTokenizer(folder);
  const learner = new LocalLearner({
    ...{ engine: new OnnxEngine(), model: config, eosTokenIds: [EOS_ID], weights: freshWeights(config, SEED) },
    config: runConfigSchema.parse({ model: folder, dataset: ['demonstrations'], rewards: [], ...OPTIMIZER }),
    supervised: true,
  });
  const encoded = (step: number, row: number) => {
    const { prompt, completion } = demonstration(step, row);
    const completionIds = [...tokenizer.encode(completion, { addSpecialTokens: false }), EOS_ID];
    return { promptIds: tokenizer.encode(prompt), completionIds };
  };
  const stage = new SftStage(learner, (step) => Array.from({ length: BATCH }, (_, row) => encoded(step, row)));
  await trainPrinted(stage, STEPS, { file: WEIGHTS_FILE, folder });
}

const llamaConfig = (vocabulary: number, { hidden, layers }: Size) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  dtype: 'float32',
  vocab_size: vocabulary,
  hidden_size: hidden,
  intermediate_size: Math.floor(hidden / 12) * 32,
  num_hidden_layers: layers,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: hidden / 4,
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
