import { type Node, parseTree } from 'jsonc-parser';

/**
 * What JSON says and JavaScript's values do not: how a number is written (1.0 is a float in Python and 1 an int, and ints have all their
 * digits), and in which order keys such as "10" and "9" come. Python's json keeps both, so that a chat template may print them.
 */
interface Source {
  /** By key, the numbers whose text matters. */
  numbers: Map<string, string>;
  /** Where it is not that of `Object.keys`. */
  keys?: string[];
}
const sources = new WeakMap<object, Source>();

/** What such JSON looks like; in a text it does no harm. */
const TELLING = /\d\.0|\d[eE]|\d{16}|"\d+"\s*:/;
const INDEX = /^(0|[1-9]\d*)$/;

/** `JSON.parse`, which also keeps for chat templates what JavaScript's values lose. Throws SyntaxError. */
export function parseJson(json: string): unknown {
  const value: unknown = JSON.parse(json);
  rememberJson(json, value);
  return value;
}

/** Keeps for chat templates what `value`, which was parsed from this JSON, has lost. */
export function rememberJson(json: string, value: unknown): void {
  try {
    if (TELLING.test(json)) remember(parseTree(json), value, json);
  } catch (error) {
    // Nested by the thousand: no template prints that.
    if (!(error instanceof RangeError)) throw error;
  }
}

/** How the number `owner[key]` was written, where that matters. */
export function numberText(owner: object, key: string | number): string | undefined {
  return sources.get(owner)?.numbers.get(String(key));
}

/** The keys in the order in which they were written. */
export function keysOf(owner: object): string[] {
  const keys = sources.get(owner)?.keys;
  return keys ? keys.filter((key) => Object.hasOwn(owner, key)) : Object.keys(owner);
}

/** An object with further fields before and behind those of another one, which it keeps as they were written. */
export function withFields(before: object, owner: object, behind: object): Record<string, unknown> {
  const fields = { ...before, ...owner, ...behind };
  const source = sources.get(owner);
  if (source) {
    const keys = source.keys && [...new Set([...Object.keys(before), ...source.keys, ...Object.keys(behind)])];
    sources.set(fields, { numbers: source.numbers, ...(keys && { keys }) });
  }
  return fields;
}

function remember(node: Node | undefined, value: unknown, json: string): void {
  if (typeof value !== 'object' || value === null || !node?.children) return;
  const source: Source = { numbers: new Map() };
  const keys = new Set<string>();
  for (const [index, child] of node.children.entries()) {
    const [name, inside] = child.type === 'property' ? child.children! : [undefined, child];
    const key = name ? (name.value as string) : String(index);
    keys.add(key);
    const own = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    if (inside?.type !== 'number') remember(inside, own, json);
    else if (isTelling(own, inside, json)) source.numbers.set(key, textOf(inside, json));
  }
  if (node.type === 'object' && [...keys].some((key) => INDEX.test(key))) source.keys = [...keys];
  if (source.numbers.size > 0 || source.keys) sources.set(value, source);
}

const textOf = (node: Node, json: string): string => json.slice(node.offset, node.offset + node.length);

function isTelling(value: unknown, node: Node, json: string): boolean {
  return Number.isInteger(value) && (!Number.isSafeInteger(value) || /[.eE]/.test(textOf(node, json)));
}
