/** How the reports of steps say things. */
import { BETA, type Work } from './peer-options.ts';

export const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;

export const duration = (seconds: number): string =>
  seconds < 10 ? `${(1000 * seconds).toFixed(1)} ms` : `${seconds.toFixed(1)} s`;

export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Packages and their versions. */
export const listOf = (versions: Record<string, string>): string =>
  Object.entries(versions)
    .map((pair) => pair.join(' '))
    .join(', ');

/** The shortest, the longest and the mean of several steps. */
export function lengthsIn(steps: number[][]): string {
  const all = steps.flat();
  const mean = all.reduce((sum, length) => sum + length, 0) / all.length;
  return `${Math.min(...all)} to ${Math.max(...all)}, mean ${mean.toFixed(1)}`;
}

export function workLine({ lora, quantization, prompts, generations, tokens, promptTokens }: Work): string {
  const lengths = typeof tokens === 'number' ? `${tokens} tokens` : `${tokens.shortest} to ${tokens.longest} tokens`;
  const trained =
    lora === undefined
      ? 'all weights'
      : `LoRA of rank ${lora} on all linear layers${quantization ? `, the model in ${quantization}` : ''}`;
  const long = promptTokens === undefined ? '' : `prompts of ${promptTokens} tokens, `;
  return `${prompts} prompts × ${generations} completions × ${lengths}, ${long}${trained}, beta ${BETA}, AdamW.`;
}
