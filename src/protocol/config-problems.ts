import type * as z from 'zod';
import { MOST_COMPLETIONS, MOST_TOKENS } from './config-limits.ts';
import { lossProblems } from './loss-problems.ts';
import type { runConfigFields } from './run-config-fields.ts';
import { schedulerProblem } from './scheduler-config.ts';
import { stagesProblem } from './stage-config.ts';
import { backendProblems } from './trl-problems.ts';

type Fields = z.output<typeof runConfigFields>;

/** What is wrong, and with which field, or which part of it. */
interface Problem {
  path: (string | number)[];
  message: string;
}

/** The fields of a run config that do not go together, each of which would be right alone. */
export function configProblems(config: Fields): Problem[] {
  return [
    ...sizeProblems(config),
    ...promptProblems(config),
    ...advantageProblems(config),
    ...evaluationProblems(config),
    ...scheduleProblems(config),
    ...quantizationProblems(config),
    ...backendProblems(config),
    ...lossProblems(config).map(({ field, message }) => problem(field, message)),
  ];
}

const problem = (field: keyof Fields, message: string): Problem => ({ path: [field], message });

function sizeProblems(config: Fields): Problem[] {
  const found: Problem[] = [];
  const { promptsPerStep, numGenerations, numGenerationsEval, maxCompletionLength } = config;
  if (config.minCompletionLength > maxCompletionLength)
    found.push(problem('minCompletionLength', `must not be above maxCompletionLength (${maxCompletionLength})`));
  const completions = promptsPerStep * numGenerations;
  const most = config.generations?.max ?? numGenerations;
  const perPrompt = config.generations ? 'generations' : 'numGenerations';
  const largest = promptsPerStep > most ? 'promptsPerStep' : perPrompt;
  const rows = [
    [largest, `promptsPerStep × ${config.generations ? 'generations.max' : perPrompt}`, promptsPerStep * most],
    ['numGenerationsEval', 'numGenerationsEval', numGenerationsEval ?? 1],
  ] as const;
  for (const [field, factors, count] of rows) {
    const tooMany = (others: string, most: number, what: string) =>
      found.push(problem(field, `is too large: ${others} is ${what}, and a step can have at most ${most}`));
    const tokens = count * maxCompletionLength;
    if (count > MOST_COMPLETIONS) tooMany(factors, MOST_COMPLETIONS, `${count} completions`);
    else if (tokens > MOST_TOKENS) tooMany(`${factors} × maxCompletionLength`, MOST_TOKENS, `${tokens} tokens`);
  }
  const { gradientAccumulationSteps: parts, numMiniBatches } = config;
  if (numMiniBatches > completions)
    found.push(problem('numMiniBatches', `must not be above the ${completions} completions of a step`));
  else if (completions % parts !== 0)
    found.push(
      problem('gradientAccumulationSteps', `must divide the ${completions} completions of a step into equal parts`),
    );
  else if (parts > 1 && completions % (numMiniBatches * parts) !== 0)
    found.push(
      problem(
        'gradientAccumulationSteps',
        `must divide each of the ${numMiniBatches} mini-batches of a step's ${completions} completions into equal parts`,
      ),
    );
  if (config.replay !== null && config.replay.share * promptsPerStep < 1)
    found.push(
      problem(
        'replay',
        `must have a "share" of at least 1/${promptsPerStep}: a step has ${promptsPerStep} prompts (promptsPerStep)`,
      ),
    );
  if (config.overlongPenalty !== null && config.overlongPenalty.cache > maxCompletionLength)
    found.push(
      problem('overlongPenalty', `must have a "cache" that is not above maxCompletionLength (${maxCompletionLength})`),
    );
  if (config.lengthPenalty !== null && config.lengthPenalty.target > maxCompletionLength)
    found.push(
      problem('lengthPenalty', `must have a "target" that is not above maxCompletionLength (${maxCompletionLength})`),
    );
  return found;
}

/** Which prompts a step takes, and how many completions they get. */
function promptProblems({ generations, numGenerations, curriculum, difficulty, shuffleDataset }: Fields): Problem[] {
  const found: Problem[] = [];
  if (generations !== null && generations.max % generations.min !== 0)
    found.push(problem('generations', `must have a "max" that is a multiple of its "min" (${generations.min})`));
  if (generations !== null && numGenerations !== generations.min)
    found.push(
      problem(
        'numGenerations',
        `cannot be ${numGenerations} beside "generations", whose "min" (${generations.min}) is in its place; remove it, or set it to ${generations.min}`,
      ),
    );
  if (curriculum !== null && difficulty === null)
    found.push(
      problem(
        'curriculum',
        'requires solve rates; measure them by `grpo check --difficulty`, and set "difficulty" to {}',
      ),
    );
  if (curriculum !== null && !shuffleDataset)
    found.push(problem('curriculum', 'chooses prompts at random; remove shuffleDataset, or the curriculum'));
  return found;
}

function advantageProblems(config: Fields): Problem[] {
  const found: Problem[] = [];
  const { baseline, scaleRewards, multiObjectiveAggregation } = config;
  if (baseline === 'leave-one-out' || baseline === 'history') {
    const refuse = (field: 'scaleRewards' | 'multiObjectiveAggregation', value: string) =>
      found.push(
        problem('baseline', `cannot be "${baseline}" with ${field} "${config[field]}"; set ${field} to "${value}"`),
      );
    if (scaleRewards === 'batch' || scaleRewards === 'adaptive') refuse('scaleRewards', 'none');
    if (multiObjectiveAggregation === 'normalize_then_sum') refuse('multiObjectiveAggregation', 'sum_then_normalize');
  }
  if (scaleRewards === 'adaptive' && multiObjectiveAggregation === 'normalize_then_sum')
    found.push(
      problem(
        'scaleRewards',
        'cannot be "adaptive" with multiObjectiveAggregation "normalize_then_sum", which divides by the deviations of each function and of the batch',
      ),
    );
  return found;
}

function evaluationProblems({ evalSteps, evalDataset, evalSplit, difficulty }: Fields): Problem[] {
  const found: Problem[] = [];
  if (evalSteps !== null && evalDataset === null && evalSplit === null)
    found.push(problem('evalSteps', 'requires an evalDataset or an evalSplit'));
  if (evalSplit !== null && evalDataset !== null)
    found.push(problem('evalSplit', 'cannot be combined with evalDataset; remove one of them'));
  if (evalSplit !== null && evalSplit >= 1 && !Number.isInteger(evalSplit))
    found.push(problem('evalSplit', 'must be a fraction below 1 or a whole number of rows'));
  if (difficulty !== null && difficulty.min > difficulty.max)
    found.push(problem('difficulty', 'must have a "min" that is not above its "max"'));
  return found;
}

/** What trains on a base in 8 or 4 bits. */
function quantizationProblems({ quantization, lora, device, fp16, backend }: Fields): Problem[] {
  if (quantization === null) return [];
  const wrong = (message: string) => [problem('quantization', message)];
  if (lora === null) return wrong('requires "lora": quantized weights are frozen, and cannot be trained');
  if (lora.useDora) return wrong('cannot be combined with "lora.useDora"; remove one of them');
  if (backend === 'trl') return wrong('is of the built-in backend; with the backend "trl", set "trl.quantization"');
  if (device === 'webgpu' || device === 'tensorflow')
    return wrong(`is for the CPU only, and "device" is "${device}"; set that to "auto" or "cpu"`);
  return fp16 ? wrong('is for the CPU only, which cannot compute in float16; remove "fp16"') : [];
}

/** How long a run is, and what its learning rate does meanwhile. */
function scheduleProblems(config: Fields): Problem[] {
  const found: Problem[] = [];
  const { lrSchedulerType, lrSchedulerKwargs, learningRate, stages, numTrainEpochs } = config;
  const schedule = schedulerProblem(lrSchedulerType, lrSchedulerKwargs, learningRate);
  if (schedule) {
    // The option itself, where it is there.
    const path = ['lrSchedulerKwargs', ...(schedule.option ? [schedule.option] : [])];
    found.push({ path, message: schedule.message });
  }
  if (stages !== null && numTrainEpochs !== null)
    found.push(problem('numTrainEpochs', 'cannot be combined with "stages"; set "maxSteps" for each of them'));
  const ofStages = stages && stagesProblem(stages);
  if (ofStages) found.push({ path: ['stages', ...ofStages.path], message: ofStages.message });
  return found;
}
