import type { Explanation, ExplanationSection } from '../protocol/explain-parts.ts';
import { table } from './table.ts';

/** Of a page in a terminal. */
const WIDTH = 80;

/** An explanation as a page of text. */
export function explanationText({ title, sections }: Explanation): string {
  return [title, ...sections.map(sectionText)].join('\n\n');
}

function sectionText({ title, source, text, formulas = [], table: shown }: ExplanationSection): string {
  const heading = source === undefined ? title : `${title}  [${source}]`;
  const lines = [
    ...(heading.length <= WIDTH ? [heading] : [title, ...`[${source}]`.split('; ').map((paper) => `  ${paper}`)]),
  ];
  for (const sentence of text) lines.push(...wrapped(sentence.replaceAll('`', '')));
  for (const formula of formulas) lines.push(`    ${formula}`);
  if (shown) lines.push(...table([shown.head, ...shown.rows], (column) => shown.numbers[column]!));
  return lines.join('\n');
}

function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = `  ${word}`;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
