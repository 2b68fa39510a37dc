import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/args.ts';
import { BadUsage } from '../../../src/protocol/errors.ts';

const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean));

/** The sentence of the error; the usage stands below it. */
function problem(...args: string[]): string {
  try {
    parseCommand(args);
  } catch (error) {
    expect(error).toBeInstanceOf(BadUsage);
    const { message, usage } = error as BadUsage;
    expect(usage).toContain('Usage: grpo');
    return message;
  }
  throw new Error('accepted');
}

describe('commands', () => {
  test.each([
    ['train a.grpo.json', { command: 'train', config: 'a.grpo.json', set: [], resume: false, json: false }],
    [
      'train a.grpo.json --set beta=0.1 --set=seed=3 --out /tmp/x --resume --rollouts r.jsonl --json',
      {
        command: 'train',
        config: 'a.grpo.json',
        set: ['beta=0.1', 'seed=3'],
        out: '/tmp/x',
        resume: true,
        rollouts: 'r.jsonl',
        json: true,
      },
    ],
    [
      'score a.reward.ts#f b.py --samples s.jsonl',
      { command: 'score', rewards: ['a.reward.ts#f', 'b.py'], samples: 's.jsonl', env: [], check: false, json: false },
    ],
    [
      'generate m --prompt -3+5= --n 4 --greedy --max-tokens 8 --seed 0 --json',
      {
        command: 'generate',
        model: 'm',
        prompt: '-3+5=',
        n: 4,
        greedy: true,
        maxTokens: 8,
        seed: 0,
        fp16: false,
        json: true,
      },
    ],
    [
      'generate --prompts p.jsonl m',
      {
        command: 'generate',
        model: 'm',
        prompts: 'p.jsonl',
        n: 1,
        greedy: false,
        seed: 42,
        fp16: false,
        json: false,
      },
    ],
    ['logprobs m f.jsonl --json', { command: 'logprobs', model: 'm', file: 'f.jsonl', fp16: false, json: true }],
    ['eval a.grpo.json --checkpoint c', { command: 'eval', config: 'a.grpo.json', checkpoint: 'c', json: false }],
    ['bench a.grpo.json --steps 2', { command: 'bench', config: 'a.grpo.json', steps: 2, json: false }],
    [
      'merge run/checkpoints/step-000010 --out m',
      { command: 'merge', checkpoint: 'run/checkpoints/step-000010', out: 'm' },
    ],
    ['doctor --json', { command: 'doctor', json: true }],
    ['--version', { command: 'version' }],
  ])('%s', (line, command) => expect(parse(line)).toEqual(command));

  test('explain themselves', () => {
    const help = (line: string) => (parse(line) as { text: string }).text;
    for (const line of ['', '--help', 'help']) expect(help(line)).toContain('train RUN.grpo.json');
    for (const line of ['train --help', 'train x --bad -h', 'help train'])
      expect(help(line)).toContain('--set path=value');
  });
});

test.each([
  [['trian'], 'There is no command "trian". Did you mean "train"?'],
  [['xyz'], 'There is no command "xyz".'],
  [['train'], 'RUN.grpo.json is missing.'],
  [['train', 'a', 'b'], 'There is one argument too many: "b".'],
  [['train', 'a', '--sett', 'x'], '`grpo train` has no option --sett. Did you mean "--set"?'],
  [['train', 'a', '--constructor'], '`grpo train` has no option --constructor.'],
  [['train', 'a', '-x'], '`grpo train` has no option -x.'],
  [['train', 'a', '--out'], '--out needs a value, such as --out DIR.'],
  [['train', 'a', '--out', '--json'], '--out needs a value, such as --out DIR.'],
  [['train', 'a', '--out', 'x', '--out', 'y'], '--out is given twice.'],
  [['train', 'a', '--json=1'], '--json takes no value.'],
  [['score', '--samples', 's'], 'RUN.grpo.json or REWARD_FILE is missing.'],
  [['generate', 'm'], 'Give either --prompt TEXT or --prompts FILE.'],
  [['generate', 'm', '--prompt', 'a', '--prompts', 'b'], 'Give either --prompt TEXT or --prompts FILE.'],
  [['generate', 'm', '--prompt', 'a', '--n', '0'], '--n must be a whole number of at least 1, not "0".'],
  [['generate', 'm', '--prompt', 'a', '--seed', 'x'], '--seed must be a whole number of at least 0, not "x".'],
  [['logprobs', 'm'], 'FILE.jsonl is missing.'],
  [['doctor', 'x'], 'There is one argument too many: "x".'],
])('bad: %j', (args, sentence) => expect(problem(...args)).toBe(sentence));
