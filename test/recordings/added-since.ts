import type { Files } from './files.ts';

/**
 * What runs write that they did not when they were recorded. A field is "rollouts/step-*.jsonl: sampling_logprobs" (a dot leads into an object),
 * a whole file "checkpoints/step-*" and its name, a line of the log "log.txt: " and how it begins. Anything else that is new fails the test. `npm run record` takes it all into the recordings:
 * empty the list then.
 */
export const ADDED_SINCE: readonly string[] = [
  'rollouts/step-*.jsonl: failure',
  'rollouts/step-*.jsonl: logprobs',
  'rollouts/step-*.jsonl: token_ends',
  'rollouts/step-*.jsonl: rendered_prompt',
  'evaluations/step-*.jsonl',
  'updates/step-*.jsonl',
  'log.txt: warning: The model has a chat template, ',
  // Of evaluations, and of how long these and checkpoints take.
  ...['inclusion', 'ordering', 'brief', 'tagged', 'answers'].map((name) => `metrics.jsonl: eval_rewards/${name}/mean`),
  'metrics.jsonl: eval_completions/mean_length',
  'metrics.jsonl: eval_completions/clipped_ratio',
  'metrics.jsonl: process/words/mean',
  'metrics.jsonl: time/evaluate',
  'metrics.jsonl: time/save',
  'metrics.jsonl: reward_min',
  'metrics.jsonl: reward_max',
  'metrics.jsonl: update/relative_change',
  'run.json: heldOut',
  'run.json: completionRoom',
  'run.json: inputs.tokenizer',
  ...[
    ...[
      'evalSplit',
      'prompt',
      'columns',
      'maxRows',
      'maxPromptLength',
      'difficulty',
      'evalOnStart',
      'reportTo',
      'stopOn',
    ],
    ...['preset', 'numTrainEpochs', 'lrSchedulerKwargs', 'dynamicSampling', 'generations', 'curriculum', 'stages'],
    ...['numMiniBatches', 'replay', 'backend', 'trl'],
    ...['processRewardWeight', 'overlongPenalty', 'lengthPenalty'],
    ...['topEntropyQuantile', 'offPolicyMaskThreshold'],
    ...['refModelMixupAlpha', 'useAdaptiveEntropy', 'entropyTarget'],
    ...['dpoCoef', 'dpoBeta', 'quantization', 'gradientCheckpointing'],
    ...['entropyCoefMin', 'entropyCoefMax', 'entropyCoefDelta'],
    ...['vespoKPos', 'vespoLambdaPos', 'vespoKNeg', 'vespoLambdaNeg'],
  ].flatMap((field) => [`run.json: config.${field}`, `run.json: startConfig.${field}`]),
];

/** The files without what was added. `found` gets each addition that was there. */
export function withoutAdditions(files: Files, added: readonly string[], found: Set<string>): Files {
  const kept: Files = {};
  for (const [name, content] of Object.entries(files)) {
    const kind = name.replace(/step-\d+/, 'step-*');
    if (added.includes(kind)) {
      found.add(kind);
      continue;
    }
    const fields = added.flatMap((addition) => (addition.startsWith(`${kind}: `) ? [addition] : []));
    kept[name] = fields.reduce((rest, addition) => {
      const added = addition.slice(kind.length + 2);
      if (kind === 'log.txt')
        return (rest as string[]).filter((line) => !(line.startsWith(added) && found.add(addition)));
      const path = added.split('.');
      return withoutField(rest, path, () => found.add(addition));
    }, content);
  }
  return kept;
}

function withoutField(value: unknown, path: readonly string[], onFound: () => void): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutField(inner, path, onFound));
  const [key, ...rest] = path;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key!)) return value;
  const { [key!]: inner, ...others } = value as Record<string, unknown>;
  if (rest.length > 0) {
    // In its place: the order of fields is part of what is compared.
    return { ...value, [key!]: withoutField(inner, rest, onFound) };
  }
  onFound();
  return others;
}
