import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BadInput } from '../../protocol/errors.ts';

/**
 * A file of a model whose content cannot be right; `what` says so, and what to do follows it. What was downloaded can be downloaded again;
 * a checkpoint of a run (`checkpoints/step-000010`) cannot.
 */
export const damagedFile = (file: string, what: string): BadInput =>
  new BadInput(`${what}; ${damageAdvice(file)}`, { file });

/** What to do about such a file. */
export function damageAdvice(file: string): string {
  const folder = dirname(file);
  const named = /^step-\d+$/.test(basename(folder)) && basename(dirname(folder)) === 'checkpoints';
  return named || existsSync(join(folder, 'trainer_state.json'))
    ? 'remove this checkpoint to use the one before it'
    : 'download it again';
}
