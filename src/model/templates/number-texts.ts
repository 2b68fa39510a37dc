import { type Node, parseTree } from 'jsonc-parser';

/**
 * JSON numbers as they are written where that says more than JavaScript's number: 1.0 is a float in Python and 1 an int, and ints have
 * all their digits. By the object or list that they are in, and their key there.
 */
const texts = new WeakMap<object, Map<string, string>>();

/** What such a number looks like; in a string it does no harm. */
const TELLING = /\d\.0|\d[eE]|\d{16}/;

/** `JSON.parse`, which also keeps how numbers are written for the chat template that they may reach. Throws SyntaxError. */
export function parseJson(json: string): unknown {
  const value: unknown = JSON.parse(json);
  if (TELLING.test(json)) remember(parseTree(json), value, json);
  return value;
}

/** How the number `owner[key]` was written, where that matters. */
export function numberText(owner: object, key: string | number): string | undefined {
  return texts.get(owner)?.get(String(key));
}

/** For a copy of an object. */
export function copyNumberTexts<T extends object>(from: object, to: T): T {
  const known = texts.get(from);
  if (known) texts.set(to, known);
  return to;
}

function remember(node: Node | undefined, value: unknown, json: string): void {
  if (typeof value !== 'object' || value === null || !node?.children) return;
  for (const [index, child] of node.children.entries()) {
    const [name, inside] = child.type === 'property' ? child.children! : [undefined, child];
    const key = name ? (name.value as string) : String(index);
    const own = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    if (inside?.type === 'number') keep(value, key, own, json.slice(inside.offset, inside.offset + inside.length));
    else remember(inside, own, json);
  }
}

function keep(owner: object, key: string, value: unknown, text: string): void {
  if (!Number.isInteger(value) || (Number.isSafeInteger(value) && !/[.eE]/.test(text))) return;
  const known = texts.get(owner) ?? new Map<string, string>();
  texts.set(owner, known.set(key, text));
}
