import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/args.ts';
import { COMMANDS, type Declaration } from '../../../src/cli/commands.ts';
import { BadUsage } from '../../../src/protocol/errors.ts';

const resumes = { asRecorded: false, withChanges: false };
const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean));

/** The sentence of the error; the usage is below it. */
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
    ['train a.grpo.json', { command: 'train', config: 'a.grpo.json', set: [], ...resumes, resume: false, json: false }],
    [
      'train a.grpo.json --set beta=0.1 --set=seed=3 --out /tmp/x --resume --rollouts r.jsonl --json',
      {
        command: 'train',
        config: 'a.grpo.json',
        set: ['beta=0.1', 'seed=3'],
        out: '/tmp/x',
        ...resumes,
        resume: true,
        rollouts: 'r.jsonl',
        json: true,
      },
    ],
    [
      'score a.reward.ts#f b.py --samples s.jsonl',
      {
        command: 'score',
        ...{ rewards: ['a.reward.ts#f', 'b.py'], samples: 's.jsonl', env: [], check: false, audit: false, json: false },
      },
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
        device: 'auto',
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
        device: 'auto',
        fp16: false,
        json: false,
      },
    ],
    [
      'logprobs m f.jsonl --json',
      { command: 'logprobs', model: 'm', file: 'f.jsonl', device: 'auto', fp16: false, json: true },
    ],
    ['eval a.grpo.json --checkpoint c', { command: 'eval', config: 'a.grpo.json', checkpoint: 'c', json: false }],
    ['bench a.grpo.json --steps 2', { command: 'bench', config: 'a.grpo.json', steps: 2, json: false }],
    [
      'train a.grpo.json --resume --as-recorded',
      {
        command: 'train',
        config: 'a.grpo.json',
        set: [],
        resume: true,
        asRecorded: true,
        withChanges: false,
        json: false,
      },
    ],
    ['rescore r --step 3', { command: 'rescore', run: 'r', step: 3, newestFirst: false, json: false }],
    [
      'rescore r --steps 10-20 --newest-first',
      { command: 'rescore', run: 'r', steps: { from: 10, to: 20 }, newestFirst: true, json: false },
    ],
    [
      'export run --step 10 --to m.gguf --type q8_0',
      { command: 'export', source: 'run', step: 10, to: 'm.gguf', type: 'q8_0', json: false },
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
  [['train', 'a', 'b'], 'Unexpected argument "b".'],
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
  [['generate', 'm', '--prompt', 'a', '--n', '65537'], '--n must be at most 65536, not 65537.'],
  [['logprobs', 'm', 'f', '--device', 'gpu'], '--device must be one of auto, cpu, webgpu, tensorflow, not "gpu".'],
  [['rescore', 'r', '--step', '1', '--steps', '1-2'], 'Give either --step N or --steps A-B.'],
  [['rescore', 'r', '--steps', '3-2'], '--steps must be a first and a last step, such as 10-20, not "3-2".'],
  [['samples', 'a', '--out', 'f', '--json'], 'Give either --out FILE or --json.'],
  [['train', 'a', '--as-recorded'], '--as-recorded requires --resume.'],
  [['doctor', 'x', 'y'], 'Unexpected argument "y".'],
])('bad: %j', (args, sentence) => expect(problem(...args)).toBe(sentence));

test('options that are declared with others name ones that there are', () => {
  for (const [name, { options, either = [], oneOf = [] }] of Object.entries<Declaration>(COMMANDS)) {
    const goesWith = Object.values(options).flatMap((option) => option.goesWith ?? []);
    for (const other of [...either.flat(), ...oneOf, ...goesWith]) expect(options, name).toHaveProperty([other]);
  }
});
