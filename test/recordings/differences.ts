/** What is no longer as it was recorded, in words: to the bit, or as near as another kind of CPU comes. */
import type { Files } from './files.ts';

/** Another CPU's kernels add the same numbers up in another order. */
const RELATIVE = 1e-5;
const ABSOLUTE = 1e-6;

/** `same`: to the bit. `near`: numbers nearly so, and hashes only of texts. `form`: the same fields, whatever their values. */
type Strictness = 'same' | 'near' | 'form';

/** One line for each difference; none where all is the same. */
export const differences = (recorded: Files, now: Files, sameCpu: boolean): string[] =>
  byKey(recorded, now, '', (name) => differencesOf(recorded[name], now[name], name, sameCpu ? 'same' : nearness(name)));

/** How near a file can come on another CPU: once the weights have moved apart in their last bits, completions become others. */
function nearness(name: string): Strictness {
  const isComputed = /^\d|\.safetensors$|step-.*\.jsonl$|trainer_state\.json$/.test(name);
  return isComputed && !name.includes('step-000001') ? 'form' : 'near';
}

function differencesOf(recorded: unknown, now: unknown, place: string, strictness: Strictness): string[] {
  if (isObject(recorded) && isObject(now)) {
    if (strictness !== 'same' && 'sha256' in recorded) return differencesOfHashed(recorded, now, place, strictness);
    return byKey(recorded, now, place, (key, at) => {
      const isLaterStep = place === 'metrics.jsonl' && key !== '0';
      return differencesOf(recorded[key], now[key], at, strictness === 'near' && isLaterStep ? 'form' : strictness);
    });
  }
  const isSame =
    strictness === 'form' || recorded === now || (strictness === 'near' && isNear(Number(recorded), Number(now)));
  return isSame ? [] : [`${place}: ${JSON.stringify(recorded)} was recorded, now ${JSON.stringify(now)}`];
}

/** Of what a recording has the hash of: see `shorten`. */
function differencesOfHashed(recorded: Fields, now: Fields, place: string, strictness: Strictness): string[] {
  const isText = Object.keys(recorded).length === 1;
  const alike = isText ? ['sha256'] : ['bytes', 'header', 'rows'];
  const close = strictness === 'near' ? ['norm', 'first'] : [];
  return [
    ...differencesOf(pick(recorded, alike), pick(now, alike), place, 'same'),
    ...differencesOf(pick(recorded, close), pick(now, close), place, 'near'),
  ];
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const pick = (fields: Fields, names: string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));

function byKey(recorded: Fields, now: Fields, place: string, compare: (key: string, at: string) => string[]): string[] {
  return [...new Set([...Object.keys(recorded), ...Object.keys(now)])].flatMap((key) => {
    const at = place === '' ? key : `${place}, ${key}`;
    if (!Object.hasOwn(now, key)) return [`${at} is missing`];
    return Object.hasOwn(recorded, key) ? compare(key, at) : [`${at} is new`];
  });
}

const isNear = (recorded: number, now: number): boolean =>
  Math.abs(now - recorded) <= ABSOLUTE + RELATIVE * Math.abs(recorded);
