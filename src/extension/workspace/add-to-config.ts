import { dirname, relative } from 'node:path';
import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';

/** A run config's text with one more reward file, or a function of one, at the end of its `rewards`; everything else stays as it is, comments too. */
export function withReward(text: string, configFile: string, rewardFile: string, name?: string): string {
  const path = relative(dirname(configFile), rewardFile).replaceAll('\\', '/');
  const entry = name === undefined ? path : `${path}#${name}`;
  const root = parseTree(text);
  const list = root && findNodeAtLocation(root, ['rewards']);
  const last = list?.type === 'array' ? list.children?.at(-1) : undefined;
  if (!last) {
    const formattingOptions = { insertSpaces: true, tabSize: 2 };
    return applyEdits(text, modify(text, ['rewards'], [entry], { formattingOptions }));
  }
  // Laid out as the one before: behind it, or on a line of its own below.
  const before = text.slice(text.lastIndexOf('\n', last.offset) + 1, last.offset);
  const space = before.trim() === '' ? `\n${before}` : ' ';
  const end = last.offset + last.length;
  return `${text.slice(0, end)},${space}${JSON.stringify(entry)}${text.slice(end)}`;
}
