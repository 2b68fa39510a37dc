import { numeric } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { type Args, typeName, Undefined, type Value } from './values.ts';

/**
 * The values of a Python function's parameters, undefined (JavaScript's) where an optional one is not given. A parameter's name ends with
 * "?" when it is optional; one that starts with "/" cannot be given by name.
 */
export function bind(what: string, { positional, named }: Args, ...parameters: string[]): (Value | undefined)[] {
  if (positional.length > parameters.length) throw new TemplateError(`"${what}" is given too many arguments`);
  const left = new Map(named);
  const values = parameters.map((parameter, index) => {
    const name = parameter.replace(/[/?]/g, '');
    const value = positional[index];
    const byName = parameter.startsWith('/') ? undefined : left.get(name);
    if (byName !== undefined) left.delete(name);
    if (value !== undefined && byName !== undefined) throw new TemplateError(`"${what}" is given "${name}" twice`);
    if (value === undefined && byName === undefined && !parameter.endsWith('?'))
      throw new TemplateError(`"${what}" needs the argument "${name}"`);
    return value === undefined ? byName : value;
  });
  const [unknown] = left.keys();
  if (unknown !== undefined) throw new TemplateError(`"${what}" has no argument "${unknown}"`);
  return values;
}

/** A whole number that is used as a count or a position. */
export function toIndex(what: string, value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = typeof value === 'number' ? undefined : numeric(value);
  if (typeof number !== 'bigint') throw wrongType(what, 'an int', value);
  if (number > 2n ** 52n || number < -(2n ** 52n)) throw new NotSupported(`so large a number for "${what}"`);
  return Number(number);
}

export function toText(what: string, value: Value | undefined, otherwise?: string): string {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value !== 'string') throw wrongType(what, 'a text', value ?? null);
  return value;
}

export function wrongType(what: string, wanted: string, value: Value): TemplateError {
  if (value instanceof Undefined && value.message) return new TemplateError(value.message);
  return new TemplateError(`"${what}" needs ${wanted}, not a value of type ${typeName(value)}`);
}
