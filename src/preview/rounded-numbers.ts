import type { SampleRow } from '../data/samples.ts';
import type { RewardLanguage } from '../rewards/prepare-worker.ts';
import { roundedInteger } from '../text/exact-json.ts';

/** For rewards in JavaScript, of each column the first integer that JavaScript has to round; Python rewards get it as it is. */
export function roundedNumbers(
  samples: readonly SampleRow[],
  languages: readonly RewardLanguage[],
): { line: number; message: string }[] {
  if (!languages.includes('typescript')) return [];
  const names = Object.keys(samples[0]?.columns ?? {});
  return names.flatMap((name) => {
    for (const { line, columns } of samples) {
      const number = roundedInteger(columns[name]);
      if (number === undefined) continue;
      const message = `Column "${name}": JavaScript rounds ${number} to ${BigInt(Number(number))}, and so do rewards in TypeScript; write it as a text, in quotes.`;
      return [{ line, message }];
    }
    return [];
  });
}
