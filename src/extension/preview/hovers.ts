import {
  type Disposable,
  Hover,
  type HoverProvider,
  languages,
  MarkdownString,
  type Position,
  type TextDocument,
} from 'vscode';
import type { PreviewFunction, PreviewOutcome, PreviewResult } from '../../protocol/preview.ts';
import { shorten, singleSpaced } from '../../text/visible.ts';
import { REWARD_FILES } from './lenses.ts';
import type { Previews } from './previews.ts';
import { expectedWord, functionSummary, outcomeWord, shortNumber, shortTime, signed } from './words.ts';

const LONGEST_PROMPT = 4000;

/** On a sample: what it got and why. On a reward function's name: how it does on all samples. */
export class Hovers implements HoverProvider, Disposable {
  readonly #previews: Previews;
  readonly #subscription: Disposable;

  constructor(previews: Previews) {
    this.#previews = previews;
    this.#subscription = languages.registerHoverProvider(
      [...REWARD_FILES, { scheme: 'file', pattern: '**/*.samples.jsonl' }],
      this,
    );
  }

  provideHover(document: TextDocument, position: Position): Hover | undefined {
    const file = document.uri.fsPath;
    const preview = this.#previews.of(file);
    if (!preview?.result) return undefined;
    if (preview.subject.samplesPlace === file) {
      const row = preview.rowAt(position.line);
      return row === undefined
        ? undefined
        : new Hover(sampleText(preview.result, row), document.lineAt(position).range);
    }
    const word = document.getWordRangeAtPosition(position);
    if (!word) return undefined;
    const found = preview.functionsIn(file).find(({ described, line }) => {
      return line === word.start.line && described.name === document.getText(word);
    });
    return found && new Hover(functionText(preview.result, found.described), word);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function sampleText({ functions, rows, groups }: PreviewResult, index: number): MarkdownString {
  const row = rows[index]!;
  const group = groups[row.group]!;
  const text = new MarkdownString();
  const total = row.reward === null ? 'No reward' : `Reward ${shortNumber(row.reward)}`;
  text.appendMarkdown(`**${total} · advantage ${signed(row.advantage)}**\n\n`);
  const mean = group.mean === null ? '' : `, mean ${shortNumber(group.mean)}`;
  const spread = group.std === null ? '' : `, standard deviation ${shortNumber(group.std)}`;
  text.appendMarkdown(`Group of ${group.size}${mean}${spread}: ${plain(group.why)}\n\n`);
  for (const described of functions) appendOutcome(text, described, row.outcomes[described.name]);
  for (const { name, expected, actual } of row.mismatches)
    text.appendMarkdown(`- $(error) ${plain(name)}: expected ${expectedWord(expected)}, got ${shortNumber(actual)}\n`);
  text.supportThemeIcons = true;
  const { prompt, rendered } = group;
  const shown = rendered ?? (typeof prompt === 'string' ? prompt : JSON.stringify(prompt, null, 2));
  text.appendMarkdown(rendered === null ? '\nPrompt\n' : '\nPrompt as the model sees it\n');
  text.appendCodeblock(shorten(shown, LONGEST_PROMPT), 'text');
  text.appendMarkdown('Completion\n').appendCodeblock(row.completion === '' ? '(empty)' : row.completion, 'text');
  return text;
}

function appendOutcome(
  text: MarkdownString,
  { name, weight, trial }: PreviewFunction,
  outcome: PreviewOutcome | undefined,
): void {
  const times = trial ? ', not counted' : weight === 1 ? '' : ` × ${shortNumber(weight)}`;
  text.appendMarkdown(`- **${name}** ${outcomeWord(outcome)}${times}`);
  if (outcome && outcome.seconds !== null) text.appendMarkdown(` (${shortTime(outcome.seconds)})`);
  if (outcome?.kind === 'score') {
    if (outcome.extracted !== undefined)
      text.appendMarkdown(`, extracted ${outcome.extracted === '' ? '(empty)' : `“${plain(outcome.extracted)}”`}`);
    if (outcome.reason !== undefined) text.appendMarkdown(`: ${plain(outcome.reason)}`);
  }
  if (outcome?.kind === 'failure') text.appendMarkdown(`: ${plain(outcome.message)}`);
  text.appendMarkdown('\n');
}

/** Nothing in it is Markdown or an icon, and it wraps as text does (what `appendText` gives does not). */
const plain = (text: string): string => singleSpaced(text).replaceAll(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, '\\$&');

function functionText({ rows, stale }: PreviewResult, described: PreviewFunction): MarkdownString {
  const { name, weight, std, seconds } = described;
  const text = new MarkdownString();
  text.appendMarkdown(`**${name}**${weight === 1 ? '' : ` × ${shortNumber(weight)}`} on ${functionSummary(described)}`);
  if (std !== null) text.appendMarkdown(` · standard deviation ${shortNumber(std)}`);
  text.appendMarkdown(` · ${shortTime(seconds)}\n\n`);
  const scores = rows.flatMap(({ outcomes }) => (outcomes[name]?.kind === 'score' ? [outcomes[name].score] : []));
  if (scores.length > 0)
    text.appendMarkdown(`From ${shortNumber(Math.min(...scores))} to ${shortNumber(Math.max(...scores))}\n\n`);
  const missed = rows.filter(({ mismatches }) => mismatches.some((mismatch) => mismatch.name === name)).length;
  if (missed > 0)
    text.appendMarkdown(`${missed} ${missed === 1 ? 'expectation' : 'expectations'} in the samples not met\n\n`);
  if (stale) text.appendMarkdown('_Scores from the last version that compiled._\n');
  return text;
}
