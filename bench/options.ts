import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { BadInput } from '../src/protocol/errors.ts';

/** The values of a benchmark's options. Throws BadInput for an unknown one. */
export function parseOptions<T extends ParseArgsOptionsConfig>(name: string, args: string[], options: T) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadInput(`npm run bench -- ${name}: ${(error as Error).message}`);
  }
}

/** A whole number, 1 or more; undefined where the option is not given. Throws BadInput for anything else. */
export function countOf<T extends string | undefined>(name: string, value: T): T extends string ? number : undefined;
export function countOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value)) throw new BadInput(`--${name} ${value}: give a whole number, 1 or more.`);
  return Number(value);
}
