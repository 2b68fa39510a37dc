import type { GenerateOptions } from '../model/generation/generate.ts';
import type { PreparedRun } from './prepare.ts';

/** How a run samples `group` completions per prompt. */
export function samplingOptions(
  { config, eosTokenIds }: Pick<PreparedRun, 'config' | 'eosTokenIds'>,
  group: number,
): GenerateOptions {
  const { temperature, topK, topP, minP, minCompletionLength } = config;
  return { group, eosTokenIds, temperature, topK, topP, minP: minP ?? 0, minTokens: minCompletionLength };
}
