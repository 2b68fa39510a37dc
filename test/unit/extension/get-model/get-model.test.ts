import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readMeasured } from '../../../../bench/models/measured.ts';
import { gigabytes } from '../../../../scripts/make-docs.ts';
import { CATALOG, DOWNLOADS, factsOf, folderOf } from '../../../../src/extension/get-model/catalog.ts';
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

test('what models take was measured, or is said to be about so', () => {
  const { models } = readMeasured();
  for (const { id, memory } of CATALOG) {
    for (const way of Object.keys(memory) as (keyof typeof memory)[]) {
      const measured = models[id]?.[way];
      if (measured) expect([id, way, memory[way]]).toEqual([id, way, gigabytes(measured.peakBytes)]);
      else expect(memory[way], `${id} ${way}`).toMatch(/^about /);
    }
  }
});

test('all files of divided weights are downloaded', () => {
  const divided = CATALOG.find(({ shards }) => shards === 2)!;
  for (const { title, command } of DOWNLOADS.filter(({ title }) => title !== 'With git'))
    for (const file of ['model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002'])
      expect(command(divided), title).toContain(file);
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
