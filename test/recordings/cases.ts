/**
 * Short runs that together go through every part of training, on the CPU. `npm run record` keeps what they give; recordings.test.ts runs them
 * again and compares.
 */
import { join } from 'node:path';

const REFERENCES = join(process.cwd(), 'test/references/fixtures');
const model = (name: string): string => join(REFERENCES, 'models', name);

export interface Case {
  name: string;
  /** A config of the sample workspace, or `small`: two prompts, four completions each, of a small random model. */
  config: 'sort' | 'arithmetic' | 'instruct' | 'small';
  /** Fields that the run changes. */
  set: Record<string, unknown>;
  /** More arguments of `grpo train`. */
  arguments?: string[];
  /** Commands to run afterwards; RUN and CONFIG are those of the case, CHECKPOINT(n) is that of step n. */
  afterwards?: string[][];
  needsPython?: true;
}

/** Files of the small workspace. */
export const SMALL_FILES: Record<string, string> = {
  'run.grpo.json': JSON.stringify({
    ...{ model: model('llama-head-dim-bf16'), dataset: 'prompts.jsonl', rewards: ['letters.reward.ts'] },
    ...{ promptsPerStep: 2, numGenerations: 4, maxCompletionLength: 8, maxSteps: 2, learningRate: 1e-3 },
  }),
  // A whole number with a decimal point is one that JavaScript alone would write differently.
  'prompts.jsonl': `{"prompt":"3 1 0 2","n":0,"share":2.0}
{"prompt":"17 + 25","n":1,"share":0.5}
{"prompt":"What is the answer?","n":2,"share":1e-7}
`,
  'chats.jsonl': `{"prompt":[{"role":"system","content":"Count."},{"role":"user","content":"1 2 3"}],"n":4}
{"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}],"n":1}
`,
  'letters.reward.ts': `export function letters({ completion }: { completion: string }) {
  return [...completion].filter((letter) => letter <= 'n').length;
}
`,
  'steps.reward.ts': `export function words({ completion }: { completion: string }) {
  const ends = [...completion.matchAll(/\\S+/g)].map((match) => match.index + match[0].length);
  return { score: ends.length, steps: ends.map((end) => ({ end, score: completion.charCodeAt(end - 1) % 3 })) };
}
`,
  'mixed.reward.ts': `export function failing({ completion, n }: { completion: string; n: number }) {
  if (completion.length % 3 === 0) throw new Error(\`refuses \${n}\`);
  return { score: completion.length, reason: 'its length', extracted: completion.slice(0, 2) };
}
export const abstaining = ({ completion, share }: { completion: string; share: number }) =>
  completion.length % 2 === 0 ? null : share * completion.length;
`,
};

const FEW = { promptsPerStep: 4, numGenerations: 4 };
const SMALL_SORT = { ...FEW, maxSteps: 2, numIterations: 2 };
const loss = (name: string, set: Record<string, unknown>): Case => ({
  name: `loss-${name}`,
  config: 'sort',
  set: { ...SMALL_SORT, learningRate: 1e-3, ...set },
});

export const CASES: Case[] = [
  {
    name: 'sort',
    config: 'sort',
    set: { maxSteps: 2, saveSteps: 1, evalSteps: 1, evalPrompts: 8, numGenerationsEval: 2 },
    afterwards: [
      ['rescore', 'RUN', '--step', '1', '--json'],
      ['eval', 'CONFIG', '--checkpoint', 'CHECKPOINT(2)', '--json'],
      [
        'generate',
        'CHECKPOINT(2)',
        '--prompts',
        join(process.cwd(), 'sample-workspace/data/sort.eval.jsonl'),
        '--json',
      ],
      ['logprobs', 'CHECKPOINT(2)', 'RUN/rollouts/step-000001.jsonl', '--json'],
    ],
  },
  { name: 'arithmetic', config: 'arithmetic', set: { maxSteps: 2 } },
  {
    name: 'arithmetic-python',
    config: 'arithmetic',
    set: { ...FEW, maxSteps: 1, rewards: ['rewards/arithmetic.py'] },
    needsPython: true,
  },
  {
    name: 'instruct',
    config: 'instruct',
    set: {
      ...{ model: model('qwen2-f16'), promptsPerStep: 2, numGenerations: 4, maxCompletionLength: 12, maxSteps: 3 },
      ...{ evalSteps: 3, evalPrompts: 2, numGenerationsEval: 2 },
    },
    afterwards: [['export', 'CHECKPOINT(3)', '--to', 'RUN/merged']],
  },
  {
    name: 'several-updates',
    config: 'sort',
    set: {
      ...{ ...SMALL_SORT, maxSteps: 3, gradientAccumulationSteps: 2, beta: 0.04, syncRefModel: true },
      ...{ refModelSyncSteps: 2, epsilonHigh: 0.28, warmupSteps: 1, lrSchedulerType: 'cosine', weightDecay: 0.01 },
    },
  },
  {
    name: 'resumed',
    config: 'sort',
    set: { ...FEW, maxSteps: 2, beta: 0.04 },
    afterwards: [
      ['train', 'CONFIG', '--out', 'RUN', '--resume', '--with-changes', '--json', '--set', 'maxSteps=4'].concat(
        ...['promptsPerStep=4', 'numGenerations=4', 'beta=0.1', 'evalOnStart=false', 'device=cpu'].map((field) => [
          '--set',
          field,
        ]),
      ),
    ],
  },
  { name: 'lora', config: 'sort', set: { ...SMALL_SORT, beta: 0.04, lora: {} } },
  {
    name: 'dora',
    config: 'small',
    set: {
      model: model('llama3-biased'),
      lora: {
        ...{ r: 4, loraAlpha: 8, targetModules: ['q_proj', 'down_proj', 'embed_tokens'], useDora: true },
        ...{ useRslora: true, rankPattern: { down_proj: 2 } },
      },
    },
  },
  loss('grpo', { lossType: 'grpo' }),
  loss('bnpo', { lossType: 'bnpo', gradientAccumulationSteps: 2 }),
  loss('dr_grpo', { lossType: 'dr_grpo', scaleRewards: 'none' }),
  loss('cispo', { lossType: 'cispo', epsilonHigh: 5 }),
  loss('sapo', { lossType: 'sapo' }),
  loss('luspo', { lossType: 'luspo', importanceSamplingLevel: 'sequence', epsilon: 3e-4, epsilonHigh: 4e-4 }),
  loss('vespo', { lossType: 'vespo', topEntropyQuantile: 0.3 }),
  loss('adaptive', {
    ...{ maxSteps: 3, gradientAccumulationSteps: 2, offPolicyMaskThreshold: 0.01, beta: 0.04, dpoCoef: 0.5 },
    ...{ syncRefModel: true, refModelSyncSteps: 1, refModelMixupAlpha: 0.6 },
    ...{ useAdaptiveEntropy: true, entropyCoef: 0.01, entropyTarget: 0.6 },
  }),
  loss('reinforce', { lossType: 'reinforce', baseline: 'none', scaleRewards: 'batch' }),
  loss('ratio', { lossType: 'ratio', entropyCoef: 0.01 }),
  loss('gspo', { lossType: 'grpo', importanceSamplingLevel: 'sequence', epsilon: 3e-4, epsilonHigh: 4e-4 }),
  loss('delta', { lossType: 'dapo', delta: 1.05, beta: 0.04, useBiasCorrectionKl: false }),
  {
    name: 'process-supervision',
    config: 'small',
    set: { model: model('qwen3'), rewards: ['steps.reward.ts'] },
    afterwards: [['rescore', 'RUN', '--step', '2', '--json']],
  },
  {
    name: 'sampling',
    config: 'sort',
    set: {
      ...{ ...FEW, maxSteps: 2, temperature: 0.8, topP: 0.95, topK: 8, minP: 0.01, minCompletionLength: 4 },
      ...{ maxCompletionLength: 8, maskTruncatedCompletions: true },
    },
  },
  {
    name: 'chats',
    config: 'small',
    set: {
      ...{ model: model('llama-sharded'), dataset: 'chats.jsonl', maxSteps: 3, saveSteps: 1, saveTotalLimit: 1 },
      checkpointDtype: 'bfloat16',
    },
  },
  {
    name: 'failing-rewards',
    config: 'small',
    set: { rewards: ['mixed.reward.ts', 'letters.reward.ts'], multiObjectiveAggregation: 'normalize_then_sum' },
  },
  { name: 'gguf', config: 'small', set: { model: join(REFERENCES, 'gguf/llama.gguf') } },
  {
    name: 'recorded-rollouts',
    config: 'small',
    set: { model: model('qwen3'), rewards: [] },
    arguments: ['--rollouts', join(REFERENCES, 'grpo-training/rollouts-qwen3.jsonl')],
  },
];
