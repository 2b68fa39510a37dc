/** Columns and messages reach Python rewards exactly as `json.loads` reads them in the user's file, wherever they pass through. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonMissing } from '../rewards/workspace.ts';
import { grpo, jsonLines, referenceModel, temporaryFolder } from './run-grpo.ts';

const PROMPTS = `{"prompt": "3 1", "big": 12345678901234567890, "float": 5.0, "huge": 1e400, "zero": -0.0, "price": 1.10, "nested": {"b": [1.0, 2], "10": "x", "2": "y"}}
{"prompt": "17", "big": -9007199254740993, "float": 5, "huge": -1e400, "zero": 0, "price": 1e2, "nested": {"text": "5.0 \\"6.0\\" \\u2028"}}
`;

/** Compares with the file, whose row it finds by the prompt; a difference is told. */
const COMPARE = `import json, os

with open(os.path.join(os.path.dirname(__file__), "prompts.jsonl")) as lines:
    ROWS = {row["prompt"]: row for row in map(json.loads, lines)}

def same(prompts, completions, big, float, huge, zero, price, nested, **kwargs):
    for index, prompt in enumerate(prompts):
        got = dict(big=big[index], float=float[index], huge=huge[index], zero=zero[index], price=price[index], nested=nested[index])
        want = {name: value for name, value in ROWS[prompt].items() if name in got}
        assert repr(sorted(got.items())) == repr(sorted(want.items())), (got, want)
    return [1.0] * len(prompts)
`;

function folderOf(more: object = {}): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'prompts.jsonl'), PROMPTS);
  writeFileSync(join(folder, 'same.py'), COMPARE);
  const config = {
    ...{ model: referenceModel('llama-head-dim-bf16').folder, dataset: 'prompts.jsonl', rewards: ['same.py'] },
    ...{ promptsPerStep: 2, numGenerations: 2, maxSteps: 1, maxCompletionLength: 4, learningRate: 1e-6 },
    ...more,
  };
  writeFileSync(join(folder, 'run.grpo.json'), JSON.stringify(config));
  return folder;
}

/** The lines that a run recorded of its first step. */
const recordsOf = (run: string): string => readFileSync(join(run, 'rollouts/step-000001.jsonl'), 'utf8');

const samplesOf = (text: string): string => text.replaceAll('{"prompt"', '{"completion": "x", "prompt"');

test.skipIf(pythonMissing)(
  'in training, in the records of a run, and when those are scored or trained on again',
  async () => {
    const folder = folderOf();
    const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
    const trained = await grpo(['train', config, '--out', run, '--json']);
    expect(trained.status, trained.stderr).toBe(0);
    const recorded = readFileSync(join(run, 'rollouts/step-000001.jsonl'), 'utf8');
    expect(recorded).toContain('"big":12345678901234567890,"float":5.0,"huge":1e400,"zero":-0.0,');
    expect(recorded).toContain('"nested":{"b":[1.0,2],"10":"x","2":"y"}');
    for (const { error } of jsonLines<{ error: unknown }>(recorded)) expect(error).toBeNull();

    const rescored = await grpo(['rescore', run, '--json']);
    expect(rescored.status, rescored.stderr).toBe(0);
    expect(jsonLines(rescored.stdout).at(-1)).toMatchObject({ failed: 0, completions: 4 });

    const again = join(folder, 'again');
    const scores = recorded.replaceAll(/"rewards":\{[^}]*\},/g, '');
    writeFileSync(join(folder, 'rollouts.jsonl'), scores);
    const replayed = await grpo([
      'train',
      config,
      '--rollouts',
      join(folder, 'rollouts.jsonl'),
      '--out',
      again,
      '--json',
    ]);
    expect(replayed.status, replayed.stderr).toBe(0);
    for (const { error } of jsonLines<{ error: unknown }>(
      readFileSync(join(again, 'rollouts/step-000001.jsonl'), 'utf8'),
    ))
      expect(error).toBeNull();
  },
);

test.skipIf(pythonMissing)('in chat messages, for the template and the rewards', async () => {
  const folder = folderOf({ model: 'model', rewards: ['told.py'] });
  const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
  cpSync(referenceModel('llama-head-dim-bf16').folder, join(folder, 'model'), { recursive: true });
  const message = '{"role":"tool","content":null,"n":2.0,"big":12345678901234567890,"by":{"b":[1e2,1],"10":0}}';
  const template = '{% for m in messages %}{{ m.n }} {{ m.big }} {{ m.by }}{% endfor %}';
  writeFileSync(join(folder, 'model/chat_template.jinja'), template);
  writeFileSync(join(folder, 'prompts.jsonl'), `{"prompt": [${message}]}\n{"prompt": "3"}\n`);
  const want = `{'role': 'tool', 'content': None, 'n': 2.0, 'big': 12345678901234567890, 'by': {'b': [100.0, 1], '10': 0}}`;
  writeFileSync(
    join(folder, 'told.py'),
    `def told(prompts, completions, **kwargs):\n    assert {str(p) for p in prompts} <= {"3", """[${want}]"""}, prompts\n    return [1.0] * len(prompts)\n`,
  );
  const idsOf = (of: string) => jsonLines<{ prompt_ids: number[] }>(recordsOf(of)).map((row) => row.prompt_ids);

  const trained = await grpo(['train', config, '--out', run, '--json']);
  expect(trained.status, trained.stderr).toBe(0);
  expect(recordsOf(run)).toContain(`"prompt":[${message}]`);

  const rescored = await grpo(['rescore', run, '--json']);
  expect(rescored.status, rescored.stderr).toBe(0);
  expect(jsonLines(rescored.stdout).at(-1)).toMatchObject({ failed: 0, completions: 4 });

  const [again, rollouts] = [join(folder, 'again'), join(folder, 'rollouts.jsonl')];
  writeFileSync(rollouts, recordsOf(run).replaceAll(/"rewards":\{[^}]*\},|"prompt_ids":\[[^\]]*\],/g, ''));
  const replayed = await grpo(['train', config, '--rollouts', rollouts, '--out', again, '--json']);
  expect(replayed.status, replayed.stderr).toBe(0);
  expect(recordsOf(again)).toContain(`"prompt":[${message}]`);
  expect(idsOf(again)).toEqual(idsOf(run));
});

test.skipIf(pythonMissing)(
  'rewards in TypeScript get them as JavaScript has them, and a rounded one is told',
  async () => {
    const folder = folderOf({ rewards: ['big.reward.ts'], samples: 'run.samples.jsonl' });
    writeFileSync(join(folder, 'big.reward.ts'), 'export const big = ({ float }: { float: number }) => float;\n');
    writeFileSync(join(folder, 'run.samples.jsonl'), samplesOf(PROMPTS));
    const { stdout, stderr } = await grpo(['score', join(folder, 'run.grpo.json'), '--json']);
    expect(jsonLines(stdout)).toMatchObject([{ rewards: { big: 5 } }, { rewards: { big: 5 } }, {}]);
    expect(stderr).toMatch(
      /run\.samples\.jsonl:1: Column "big": JavaScript rounds 12345678901234567890 to 12345678901234567168/,
    );
  },
);

test.skipIf(pythonMissing)('in samples, also those that the model answers', async () => {
  const folder = folderOf({ samples: 'run.samples.jsonl' });
  const file = join(folder, 'run.samples.jsonl');
  writeFileSync(file, samplesOf(PROMPTS));
  const config = join(folder, 'run.grpo.json');
  const score = async () => {
    const { stdout } = await grpo(['score', config, '--json']);
    return jsonLines<{ type: string; outcomes?: object }>(stdout).filter(({ type }) => type === 'row');
  };
  for (const { outcomes } of await score()) expect(outcomes).toMatchObject({ same: { kind: 'score' } });
  const generated = await grpo(['samples', config, '--prompts', '2', '--n', '1']);
  expect(generated.status, generated.stderr).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('"big":12345678901234567890,"float":5.0,"huge":1e400,');
  const rows = await score();
  expect(rows).toHaveLength(4);
  for (const { outcomes } of rows) expect(outcomes).toMatchObject({ same: { kind: 'score' } });
});

const CHATS = `{"prompt": [{"role": "user", "content": "1"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1.0, "10": 1e400, "9": -0.0}}}]}, {"role": "user", "content": [{"type": "text", "text": "2"}], "id": 12345678901234567890}]}
{"prompt": [{"role": "user", "content": "3", "toJSON": 4.0, "n": 1e2, "m": ${'9'.repeat(400)}}]}
`;

/** Fails unless the messages are those of the file. */
const COMPARE_CHATS = `import json, os

with open(os.path.join(os.path.dirname(__file__), "prompts.jsonl")) as lines:
    WANTED = [repr(json.loads(line)["prompt"]) for line in lines]

def same(prompts, completions, **kwargs):
    for prompt in prompts:
        assert repr(prompt) in WANTED, prompt
    return [1.0] * len(prompts)
`;

test.skipIf(pythonMissing)('in messages of every kind, also those without a text', async () => {
  const folder = folderOf({ model: 'model' });
  cpSync(referenceModel('llama-head-dim-bf16').folder, join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'model/chat_template.jinja'), '{% for m in messages %}{{ m | length }}{% endfor %}');
  writeFileSync(join(folder, 'prompts.jsonl'), CHATS);
  writeFileSync(join(folder, 'same.py'), COMPARE_CHATS);
  const run = join(folder, 'run');
  const trained = await grpo(['train', join(folder, 'run.grpo.json'), '--out', run]);
  expect(trained.status, trained.stderr).toBe(0);
  for (const { error } of jsonLines<{ error: unknown }>(recordsOf(run))) expect(error).toBeNull();
  const rescored = await grpo(['rescore', run, '--json']);
  expect(rescored.status, rescored.stderr).toBe(0);
  expect(jsonLines(rescored.stdout).at(-1)).toMatchObject({ failed: 0, completions: 4 });
});
