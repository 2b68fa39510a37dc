/** What the arithmetic of docs/scaling.md says of TRL's memory, against what its process takes: on the CPU, in float32, with random models. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { memoryParts, TILE, WAYS } from '../scripts/memory-table.ts';
import { llama } from '../src/model/architectures/llama.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { parameterCount } from '../src/model/parameters.ts';
import { BadInput } from '../src/protocol/errors.ts';
import { formatGigabytes } from '../src/text/bytes.ts';
import { findPeerPython } from './peer-python.ts';
import { listOf, row } from './words.ts';

const COMMON = { hidden_act: 'silu', rms_norm_eps: 1e-6, max_position_embeddings: 1024, tie_word_embeddings: true };
/** One with a large vocabulary, and one with much between its layers. */
const CASES = [
  {
    shape: {
      ...{ ...COMMON, hidden_size: 384, intermediate_size: 1024, num_hidden_layers: 12, num_attention_heads: 6 },
      ...{ num_key_value_heads: 3, vocab_size: 32_768 },
    },
    work: { sequences: 8, completions: 8, promptTokens: 64, completionTokens: 192 },
  },
  {
    shape: {
      ...{ ...COMMON, hidden_size: 512, intermediate_size: 1536, num_hidden_layers: 12, num_attention_heads: 8 },
      ...{ num_key_value_heads: 4, vocab_size: 4096 },
    },
    work: { sequences: 32, completions: 32, promptTokens: 64, completionTokens: 64 },
  },
];
/** Without Triton, TRL turns a tile of logits into its gradient in steps that each have their own result. */
const CPU_TILES = 9;

export function benchTrlMemory(args: string[]): void {
  if (args.length > 0) throw new BadInput(`npm run bench -- trl-memory: there is no option ${args[0]}.`);
  if (process.platform !== 'linux')
    throw new BadInput('npm run bench -- trl-memory: only Linux tells what is resident while a process runs.');
  const python = findPeerPython();
  console.log(row('weights', 'completions', 'vocabulary', 'arithmetic', 'measured', 'more'));
  console.log('|---|---|---|---|---|---|');
  for (const { shape, work } of CASES) {
    const model = { ...llama.describe(shape, 'bench'), eosTokenIds: [], bosTokenId: undefined, padTokenId: undefined };
    const computed = onCpu(model, work);
    const asked = { tokenizer: resolve('sample-workspace/models/tiny-sort'), shape, ...work };
    const output = execFileSync(python.command, ['bench/trl_memory.py', JSON.stringify(asked)], {
      encoding: 'utf8',
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const measured = JSON.parse(output.trim().split('\n').at(-1)!) as Record<'generation' | 'update', number>;
    const millions = `${(parameterCount(model) / 1e6).toFixed(0)} million`;
    const completions = `${work.sequences} of ${work.promptTokens} + ${work.completionTokens} tokens`;
    const more = `${Math.round(100 * (measured.update / computed - 1))} %`;
    const bytes = [computed, measured.update].map(formatGigabytes);
    console.log(row(millions, completions, String(shape.vocab_size), ...bytes, more));
  }
  console.log(`\n\`npm run bench -- trl-memory\`; ${listOf(python.versions)}.`);
}

/** Bytes while gradients are computed, where tiles are not turned into gradients in place, and prompts are scored too. */
function onCpu(model: ModelConfig, work: (typeof CASES)[number]['work']): number {
  const { state, update } = memoryParts(model, WAYS.float32!, 1, work);
  const { sequences, promptTokens, completionTokens } = work;
  const tile = (tokens: number) => Math.min(TILE.tokens, tokens) * Math.min(TILE.vocabulary, model.vocabSize) * 4;
  const inPlace = tile(sequences * completionTokens);
  return state + update + CPU_TILES * tile(sequences * (promptTokens + completionTokens)) - inPlace;
}
