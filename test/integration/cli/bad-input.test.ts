import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grpo, jsonlFile, referenceModel, temporaryFolder } from './run-grpo.ts';

const { folder: MODEL } = referenceModel('qwen3');

/** The command refuses: status 2, nothing on stdout, one sentence on stderr and no stack. */
async function refusal(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await grpo(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at |Error:/m);
  return stderr.trimEnd();
}

/** A copy of a good model folder for `damage` to spoil. */
function brokenModel(damage: (folder: string) => void): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(MODEL, folder, { recursive: true });
  damage(folder);
  return folder;
}

function editJson(folder: string, name: string, edit: (json: Record<string, unknown>) => void): void {
  const file = join(folder, name);
  const json = JSON.parse(readFileSync(file, 'utf8'));
  edit(json);
  writeFileSync(file, JSON.stringify(json));
}

describe('a model folder', () => {
  const damages: [string, (folder: string) => void, RegExp][] = [
    ['that is not there', (folder) => rmSync(folder, { recursive: true }), /no such model folder/],
    ['without config.json', (folder) => rmSync(join(folder, 'config.json')), /no config\.json/],
    ['whose config is no JSON', (folder) => writeFileSync(join(folder, 'config.json'), '{'), /config\.json/],
    [
      'of an unknown architecture',
      (folder) =>
        editJson(folder, 'config.json', (config) => Object.assign(config, { architectures: ['MambaForCausalLM'] })),
      /MambaForCausalLM.*LlamaForCausalLM/,
    ],
    ['with torn weights', (folder) => truncateSync(join(folder, 'model.safetensors'), 5000), /model\.safetensors/],
    [
      'that lacks a layer that its config claims',
      (folder) =>
        editJson(folder, 'config.json', (config) => Object.assign(config, { num_hidden_layers: 3, layer_types: null })),
      /model\.layers\.2\./,
    ],
    [
      'with more in it than its config says',
      (folder) =>
        editJson(folder, 'config.json', (config) => Object.assign(config, { num_hidden_layers: 1, layer_types: null })),
      /model\.layers\.1\./,
    ],
    [
      'whose tensors have other shapes',
      (folder) => editJson(folder, 'config.json', (config) => Object.assign(config, { intermediate_size: 64 })),
      /mlp\./,
    ],
    [
      'with pickled weights',
      (folder) => {
        rmSync(join(folder, 'model.safetensors'));
        writeFileSync(join(folder, 'pytorch_model.bin'), 'PK');
      },
      /pytorch_model\.bin is a Python pickle/,
    ],
    [
      'whose config is no JSON in the middle of several lines',
      (folder) =>
        writeFileSync(join(folder, 'config.json'), '{"architectures": ["X"],\n  "model_type": llama",\n\u001b[31m}'),
      /config\.json:2:17: This is not valid JSON: invalid symbol; download it again$/,
    ],
    [
      'whose config is nested without end',
      (folder) => writeFileSync(join(folder, 'config.json'), `{"a": ${'['.repeat(1e5)}`),
      /config\.json:1:206: This is nested more than 200 levels deep/,
    ],
    [
      'whose weights have a header that is nested without end',
      (folder) => {
        const header = Buffer.from(`{"a": ${'['.repeat(1e5)}`);
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(header.length));
        writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, header]));
      },
      /model\.safetensors: this is not a complete safetensors file: .*nested/,
    ],
    [
      'whose tokenizer is in Latin-1',
      (folder) => writeFileSync(join(folder, 'tokenizer.json'), Buffer.from('{\n"é": 1}', 'latin1')),
      /tokenizer\.json:2: This line is not UTF-8/,
    ],
    [
      'whose chat template is UTF-16',
      (folder) => writeFileSync(join(folder, 'chat_template.jinja'), Buffer.from('\uFEFF{{ messages }}', 'utf16le')),
      /chat_template\.jinja: This file is UTF-16/,
    ],
    [
      'whose tokenizer has ids that are none',
      (folder) =>
        editJson(folder, 'tokenizer.json', ({ model }) => {
          (model as { vocab: Record<string, unknown> }).vocab.a = -1;
        }),
      /tokenizer\.json: the token "a" has the id -1/,
    ],
    ['without a tokenizer', (folder) => rmSync(join(folder, 'tokenizer.json')), /no tokenizer\.json/],
  ];

  it.each(damages)('%s', async (_, damage, sentence) => {
    const said = await refusal('generate', brokenModel(damage), '--prompt', 'a');
    expect(said).toMatch(sentence);
  });
});

describe('rows', () => {
  const generate = (...rows: unknown[]) =>
    refusal('generate', MODEL, '--prompts', jsonlFile(rows), '--max-tokens', '8');
  const logprobs = (...rows: unknown[]) => refusal('logprobs', MODEL, jsonlFile(rows), '--json');
  const good = { prompt: 'a', completion: 'b' };

  it('that are no JSON', async () => expect(await generate(good, '{"prompt": ')).toMatch(/rows\.jsonl:2:\d+: .*JSON/));
  it('without a prompt', async () => expect(await generate(good, {})).toMatch(/rows\.jsonl:2: .*"prompt"/));
  it('whose prompt is a number', async () =>
    expect(await generate({ prompt: 3 })).toMatch(/rows\.jsonl:1: .*"prompt"/));
  it('whose ids are no ids', async () =>
    expect(await generate({ prompt_ids: [1.5] })).toMatch(/rows\.jsonl:1: "prompt_ids"/));
  it('whose prompt has no tokens', async () => expect(await generate({ prompt_ids: [] })).toMatch(/:1: .*no tokens/));
  it('whose ids the model does not have', async () => {
    expect(await generate(good, { prompt_ids: [1, 290] })).toMatch(/:2: Token id 290 .* 290 tokens/);
    expect(await logprobs({ ...good, completion_ids: [4000] })).toMatch(/:1: Token id 4000 /);
  });
  it('that are beyond the context', async () => {
    const prompt_ids = Array.from({ length: 250 }, () => 5);
    expect(await generate(good, { prompt_ids })).toMatch(/:2: .*250 tokens.* 8 .*context of 256/);
    expect(await logprobs({ prompt_ids, completion_ids: [1, 2, 3, 4, 5, 6, 7] })).toMatch(/:1: .*context of 256/);
  });
  it('without a completion', async () => expect(await logprobs({ prompt: 'a' })).toMatch(/:1: .*"completion"/));
  it('of a file that is empty, or not there', async () => {
    expect(await generate()).toMatch(/rows\.jsonl: .*no rows/);
    expect(await refusal('logprobs', MODEL, 'nowhere.jsonl')).toMatch(/nowhere\.jsonl does not exist/);
  });
});

// Where reading one would never end.
describe.skipIf(process.platform === 'win32')('a device or a pipe', () => {
  const devices: [string, (path: string) => void, RegExp][] = [
    ['/dev/zero', (path) => symlinkSync('/dev/zero', path), /is a device, not a file/],
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), /is a pipe, not a file/],
  ];
  const files = [
    'config.json',
    'generation_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors',
  ];

  it.each(devices)('%s for a file of a model', async (_, make, sentence) => {
    for (const name of files) {
      const folder = brokenModel((model) => {
        rmSync(join(model, name));
        make(join(model, name));
      });
      const said = await refusal('generate', folder, '--prompt', 'a');
      expect(said).toMatch(sentence);
      expect(said).toContain(name);
    }
  });

  it.each(devices)('%s for rows', async (_, make, sentence) => {
    const path = join(temporaryFolder(), 'rows.jsonl');
    make(path);
    expect(await refusal('generate', MODEL, '--prompts', path)).toMatch(sentence);
    expect(await refusal('logprobs', MODEL, path)).toMatch(sentence);
  });
});

describe('a folder that cannot be made', () => {
  const { folder: base } = referenceModel('llama-head-dim-bf16');
  const adapter = () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'adapter_config.json'),
      JSON.stringify({
        peft_type: 'LORA',
        base_model_name_or_path: base,
        r: 2,
        lora_alpha: 2,
        target_modules: ['q_proj'],
      }),
    );
    return folder;
  };
  const failure = async (...args: string[]) => {
    const { status, stdout, stderr } = await grpo(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    return stderr;
  };

  it('below a file', async () => {
    const file = jsonlFile([]);
    expect(await failure('export', adapter(), '--to', join(file, 'merged'))).toMatch(
      /rows\.jsonl\/merged cannot be written: a part of its path is a file, not a folder\. Choose another folder with --to\.\n$/,
    );
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('where nothing may be written', async () => {
    expect(await failure('export', adapter(), '--to', '/grpo-merged')).toMatch(/permission is denied/);
  });
});

it('a prompt on the command line that is too long', async () =>
  expect(await refusal('generate', MODEL, '--prompt', 'a', '--max-tokens', '256')).toMatch(
    /--max-tokens.*context of 256/,
  ));

it('shows the usage with a wrong option', async () => {
  const { status, stderr } = await grpo(['generate', MODEL, '--promt', 'a']);
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^`grpo generate` has no option --promt\. Did you mean "--prompt"\?\n\nUsage: grpo generate MODEL/,
  );
});
