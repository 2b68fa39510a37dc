import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import { fileAndFunction } from '../../text/file-and-function.ts';

/** A run config's text with this value in a field; everything else stays as it is, comments too. Undefined removes the field. */
export function withField(text: string, field: string | (string | number)[], value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  const path = [field].flat();
  const change = (changed: string, to: (string | number)[], set: unknown) =>
    applyEdits(changed, modify(changed, to, set, { formattingOptions }));
  const short = shortReward(text, path);
  return change(short ? change(text, path.slice(0, -1), short) : text, path, value);
}

/** Of a field of a reward that is in its short form, such as its weight: the reward as an object, which can have that field. */
function shortReward(text: string, path: (string | number)[]): object | undefined {
  if (path.at(-3) !== 'rewards') return undefined;
  const tree = parseTree(text);
  const reward: unknown = tree && findNodeAtLocation(tree, path.slice(0, -1))?.value;
  return typeof reward === 'string' ? fileAndFunction(reward) : undefined;
}
