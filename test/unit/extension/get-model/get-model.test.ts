import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { memoryOfModels } from '../../../../bench/models/expected.ts';
import { readMeasured } from '../../../../bench/models/measured.ts';
import { MEMORY_FILE, makeMemory } from '../../../../scripts/make-memory.ts';
import { CATALOG, DOWNLOADS, factsOf, folderOf, GROUPS } from '../../../../src/extension/get-model/catalog.ts';
import { modelPath } from '../../../../src/extension/get-model/set-model.ts';
import { withField } from '../../../../src/extension/workspace/with-field.ts';

const [smallest] = CATALOG;
const llama = CATALOG.find(({ id }) => id === 'meta-llama/Llama-3.2-1B-Instruct')!;

test('the catalog lists models with what they need', () => {
  expect(folderOf(smallest)).toBe('models/smollm2-135m-instruct');
  expect(new Set(CATALOG.map(folderOf)).size).toBe(CATALOG.length);
  for (const model of CATALOG) {
    expect(model.id).toMatch(/^[\w.-]+\/[\w.-]+$/);
    for (const [, fact] of factsOf(model)) expect(fact).toMatch(/^((about )?\d+(\.\d)? GB|[A-Z].+)$/);
  }
});

test('every model is offered once, a few before the others', () => {
  const shown = GROUPS.flatMap(({ models }) => models.map(({ id }) => id));
  expect(shown.sort()).toEqual(CATALOG.map(({ id }) => id).sort());
  expect(GROUPS[0]!.models.length).toBeLessThan(6);
});

test('what models take is up to date (else: npm run docs)', () => {
  expect(readFileSync(MEMORY_FILE, 'utf8')).toBe(makeMemory());
});

test('what was measured is taken as it is, and what was not is said to be about so', () => {
  const { work, models } = readMeasured();
  const words = memoryOfModels({ work, models });
  const id = 'HuggingFaceTB/SmolLM2-135M-Instruct';
  const gigabytes = Object.entries(models[id]!).map(([way, one]) => [way, `${(one.peakBytes / 1e9).toFixed(1)} GB`]);
  expect(words[id]).toEqual(Object.fromEntries(gigabytes));
  expect(words['google/gemma-4-E2B-it']!.lora).toMatch(/^about \d+ GB$/);
});

test.each(['int4', 'lora', 'all'] as const)('what a step takes (%s) is estimated near what was measured', (way) => {
  const { work, models } = readMeasured();
  for (const [id, figures] of Object.entries(models)) {
    if (!figures[way]) continue;
    const others = { ...models, [id]: { ...figures, [way]: undefined } };
    const guess = Number(/\d+/.exec(memoryOfModels({ work, models: others })[id]![way])![0]);
    const measuredGb = figures[way].peakBytes / 1e9;
    expect(guess, id).toBeGreaterThan(0.75 * measuredGb);
    expect(guess, id).toBeLessThan(1.5 * measuredGb + 1);
  }
});

test('all files of divided weights are downloaded, under the names that they have', () => {
  const named = (id: string) => CATALOG.find((model) => model.id === id)!;
  for (const { title, command } of DOWNLOADS.filter(({ title }) => title !== 'With git')) {
    for (const file of ['model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002'])
      expect(command(named('HuggingFaceTB/SmolLM3-3B')), title).toContain(file);
    const qwen = command(named('Qwen/Qwen3.5-0.8B'));
    for (const file of ['model.safetensors.index.json', 'model.safetensors-00001-of-00001.safetensors'])
      expect(qwen, title).toContain(file);
    expect(qwen, title).not.toContain('generation_config.json');
  }
});

test('each way to get a model has a command for it', () => {
  for (const { command } of DOWNLOADS) {
    expect(command(llama)).toContain('meta-llama/Llama-3.2-1B-Instruct');
    expect(command(llama)).toContain('models/llama-3.2-1b-instruct');
  }
});

test('the sample that needs a model names the folder that the commands put it into', () => {
  expect(readFileSync('sample-workspace/instruct.grpo.json', 'utf8')).toContain(`"model": "${folderOf(smallest)}"`);
});

const curlMissing = spawnSync('curl', ['--version']).status !== 0;
test.skipIf(curlMissing)('the command of curl puts the files into the folder (needs curl)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = [
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ];
  const there = join(folder, 'hub', llama.id, 'resolve', 'main');
  mkdirSync(there, { recursive: true });
  for (const file of files) writeFileSync(join(there, file), `content of ${file}`);
  const hub = pathToFileURL(join(folder, 'hub')).href;
  const { command } = DOWNLOADS.find(({ title }) => title === 'With curl')!;
  const local = command(llama).replace('https://huggingface.co', hub);
  execFileSync(local, { cwd: folder, shell: true, stdio: 'ignore' });
  const got = join(folder, folderOf(llama));
  expect(readdirSync(got).sort()).toEqual(files);
  expect(readFileSync(join(got, 'tokenizer.json'), 'utf8')).toBe('content of tokenizer.json');
});

test("a config's model is replaced, and nothing else", () => {
  const text = '{\n  // mine\n  "model": "models/a", // small\n  "maxSteps": 3,\n}\n';
  expect(withField(text, 'model', 'models/b')).toBe(text.replace('models/a', 'models/b'));
});

test('a model below the config is named from there, another one by its whole path', () => {
  expect(modelPath('/w/run.grpo.json', '/w/models/b.gguf')).toBe('models/b.gguf');
  expect(modelPath('/w/run.grpo.json', '/elsewhere/b')).toBe('/elsewhere/b');
});
