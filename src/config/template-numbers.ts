import type { Node } from 'jsonc-parser';

/**
 * Of `chatTemplateKwargs`, a number that Python reads as another one than JavaScript: 1.0 is a float there, which a template prints as "1.0"; 2^60 + 1
 * keeps its digits, 1e400 is infinite. The run's record could not say so, so that it is refused. `text` is what the node was parsed from.
 */
export function changedNumber(node: Node, text: string): { written: string; node: Node } | undefined {
  for (const child of node.children ?? []) {
    const found = changedNumber(child, text);
    if (found) return found;
  }
  if (node.type !== 'number') return undefined;
  const written = text.slice(node.offset, node.offset + node.length);
  const isSame = Number.isInteger(node.value)
    ? Number.isSafeInteger(node.value) && !/[.eE]/.test(written)
    : Number.isFinite(node.value);
  return isSame ? undefined : { written, node };
}

export const changedNumberWords = (written: string): string =>
  `For a chat template, Python's ${written} is not JavaScript's ${Number(written)}; write a whole number below 2^53, a decimal fraction, or a text.`;
