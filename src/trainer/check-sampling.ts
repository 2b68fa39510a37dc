import type { LoadedConfig } from '../config/load-config.ts';
import { BadInput } from '../protocol/errors.ts';
import type { PromptList } from './prompt-list.ts';

/** Throws BadInput where what a config says of prompts and groups cannot be done with these prompts, or with recorded completions. */
export function checkSampling({ config, locate }: LoadedConfig, prompts: PromptList, rollouts?: string): void {
  const { dynamicSampling, generations, curriculum, replay, promptsPerStep } = config;
  const fail = (field: 'dynamicSampling' | 'generations' | 'curriculum' | 'replay', why: string): never => {
    throw new BadInput(`"${field}" ${why}`, locate([field]));
  };
  if (rollouts !== undefined) {
    const remedy = 'set it to null, or train without --rollouts.';
    if (dynamicSampling) fail('dynamicSampling', `cannot replace recorded completions; ${remedy}`);
    if (generations) fail('generations', `cannot add completions to recorded ones; ${remedy}`);
    if (replay) fail('replay', `cannot be combined with recorded completions; ${remedy}`);
    if (curriculum) fail('curriculum', `cannot choose the prompts of recorded completions; ${remedy}`);
  }
  if (dynamicSampling && prompts.length <= promptsPerStep)
    fail(
      'dynamicSampling',
      `needs more prompts than "promptsPerStep" (${promptsPerStep}), but there are ${prompts.length}; set it to null, or lower "promptsPerStep".`,
    );
  if (!curriculum) return;
  if (prompts.row(0).solveRate === undefined)
    fail(
      'curriculum',
      'goes by solve rates, and those of "difficulty" are not of the dataset that the stage has for itself; set it to null there.',
    );
  if (prompts.length < promptsPerStep)
    fail(
      'curriculum',
      `takes each prompt once in a step, but "promptsPerStep" is ${promptsPerStep}, and there are ${prompts.length}; lower "promptsPerStep".`,
    );
}
