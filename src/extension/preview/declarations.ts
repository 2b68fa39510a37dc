import { PYTHON } from '../workspace/links.ts';

/** A function that looks like a reward; the line counts from 0. */
export interface Declaration {
  name: string;
  line: number;
}

const TYPESCRIPT = /^export\s+(?:async\s+)?(?:function\s+|const\s+)(\w+)/gm;
/** TRL's signature: public, and it names what it scores. */
const PYTHON_REWARD = /^(?:async\s+)?def\s+([a-zA-Z]\w*)\s*\([^)]*\bcompletion(?:s|_ids)\b/gm;

/** Where a reward file's functions are, as far as its text tells: for as long as it was not run, or may not be. */
export function findDeclarations(file: string, text: string): Declaration[] {
  const pattern = PYTHON.test(file) ? PYTHON_REWARD : TYPESCRIPT;
  const lines = (end: number): number => text.slice(0, end).split('\n').length - 1;
  return [...text.matchAll(pattern)].map((match) => ({ name: match[1]!, line: lines(match.index) }));
}

/** TRL's signature, whole: it takes what it does not name. */
const TRL_REWARD = /^(?:async\s+)?def\s+([a-zA-Z]\w*)\s*\([^)]*\bcompletion(?:s|_ids)\b[^)]*\*\*\w+/gm;

/** Rewards in a Python file that nothing else tells to hold some. */
export function findTrlRewards(text: string): Declaration[] {
  return [...text.matchAll(TRL_REWARD)].map((match) => ({
    name: match[1]!,
    line: text.slice(0, match.index).split('\n').length - 1,
  }));
}
