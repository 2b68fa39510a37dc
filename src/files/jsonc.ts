import { createScanner, type Node, type ParseError, parseTree, type SyntaxKind } from 'jsonc-parser';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { lineAndColumn, MOST_LEVELS, syntaxErrorWords, tooDeep } from './json.ts';

/** A JSON text with comments and trailing commas, as a tree with places and as the value it stands for. */
export interface ParsedJsonc {
  root: Node | undefined;
  value: unknown;
  at: (offset: number) => SourceLocation;
}

/** Throws BadInput at line and column for what is no such text, is nested too deep, or has a field twice: which one counts is anyone's guess. */
export function parseJsonc(text: string, file: string, what: string): ParsedJsonc {
  const at = (offset: number): SourceLocation => ({ file, ...lineAndColumn(text, offset) });
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw new BadInput(tooDeep, at(deep));
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const syntax = errors[0];
  if (syntax)
    throw new BadInput(`The ${what} is not valid JSON: ${syntaxErrorWords(syntax.error)}.`, at(syntax.offset));
  const fail = (message: string, { offset }: Node): never => {
    throw new BadInput(message, at(offset));
  };
  return { root, value: root && valueAt(root, fail), at };
}

/** Where a text is nested too deep for what walks over it; undefined where it is not. */
export function tooDeepAt(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let level = 0;
  for (let token = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) level++;
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) level--;
    if (level > MOST_LEVELS) return scanner.getTokenOffset();
  }
  return undefined;
}

// jsonc-parser declares them as constants that a bundler of single files cannot see.
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, END] = [1, 2, 3, 4, 17] as const satisfies SyntaxKind[];

/** jsonc-parser's own would take a field "__proto__" for what its object inherits. */
function valueAt(node: Node, fail: (message: string, at: Node) => never): unknown {
  if (node.type === 'array') return node.children!.map((child) => valueAt(child, fail));
  if (node.type === 'string' && /\p{Cs}/u.test(node.value))
    fail('This text has half of a surrogate pair (such as "\\ud83d" alone), which is no character; remove it.', node);
  if (node.type !== 'object') return node.value;
  const fields = new Map<string, unknown>();
  for (const { children } of node.children!) {
    const [key, value] = children as [Node, Node];
    if (key.value === '__proto__') fail('Unknown field "__proto__".', key);
    if (fields.has(key.value)) fail(`The field "${key.value}" is here twice; remove one.`, key);
    fields.set(key.value, valueAt(value, fail));
  }
  return Object.fromEntries(fields);
}
