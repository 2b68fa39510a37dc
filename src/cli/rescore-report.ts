import { figure } from '../preview/sample-scores.ts';
import type { RescoredRow, RescoreStart, RescoreStep, RescoreSummary } from '../protocol/rescore.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { describeTotals, promptText, shortened, signed } from './score-report.ts';
import { table } from './table.ts';

/** How many completions the list of the biggest changes has. */
const LISTED = 10;
const TEXT_WIDTH = 32;

/** What is compared with what. */
export function describeStart({ name, config, functions }: RescoreStart): string {
  const lines = functions.map(({ name: of, weight, was }) => {
    const before = was === null || was === weight ? '' : ` (was × ${figure(was)})`;
    return `${of}${weight === 1 && before === '' ? '' : ` × ${figure(weight)}`}${before}`;
  });
  const which =
    config.used === 'current'
      ? `the current rewards of ${config.file}`
      : `the config recorded with the run, because its file cannot be used (${config.why})`;
  return `${name}, re-scored with ${which}: ${lines.join(', ')}`;
}

const HEADINGS = ['step', 'completions', 'reward', 'now', 'changed', 'sign flips', 'gain signal', 'lose signal'];
/** Rows are shown as they come, so that their widths cannot depend on what they hold. */
const aligned = (cells: string[]): string =>
  `  ${cells.map((cell, column) => cell.padStart(Math.max(7, HEADINGS[column]!.length))).join('  ')}`;

export const STEP_HEADINGS = aligned(HEADINGS);

export function describeStep(event: RescoreStep): string {
  const { step, completions, reward, changed, flips, gained, lost, failed, left_out } = event;
  const row = aligned([
    String(step),
    String(completions),
    figure(reward.old),
    figure(reward.new),
    ...[changed, flips, gained.length, lost.length].map(String),
  ]);
  const notes = [];
  if (failed > 0) notes.push(`${failed} failed: ${event.rows.find(({ error }) => error !== null)!.error}`);
  if (left_out > 0) notes.push(`${left_out} of an incomplete group skipped`);
  return [row, ...notes.map((note) => `           ${note}`)].join('\n');
}

export function describeSummary(summary: RescoreSummary): string {
  const { steps, completions, reward, changed, flips, groups, gained, lost, failed } = summary;
  const parts = [
    `Mean reward ${figure(reward.old)} → ${figure(reward.new)} over ${steps} ${steps === 1 ? 'step' : 'steps'}.`,
    `${changed} of ${completions} completions get a different reward; ${flips} advantages change sign.`,
    `${gained} of ${groups} groups gain a signal; ${lost} lose it.`,
  ];
  if (failed > 0) parts.push(`Scoring failed for ${failed} completions.`);
  return [...parts, ...describeTotals(summary.totals)].join('\n');
}

/** The completions whose advantage changes most; only so many are kept. */
export class BiggestChanges {
  #rows: { step: number; row: RescoredRow; recorded: RolloutRow }[] = [];

  take({ step, rows }: RescoreStep, recorded: readonly RolloutRow[]): void {
    const changed = rows.filter((row) => changeOf(row) > 1e-8);
    this.#rows = [...this.#rows, ...changed.map((row) => ({ step, row, recorded: recorded[row.row]! }))]
      .sort((a, b) => changeOf(b.row) - changeOf(a.row))
      .slice(0, LISTED);
  }

  /** A table, or nothing when nothing changed. */
  describe(): string[] {
    if (this.#rows.length === 0) return [];
    const headings = ['step', 'group', 'prompt', 'completion', 'reward', 'now', 'advantage', 'now', ''];
    const cells = this.#rows.map(({ step, row: { group, reward, advantage, flips }, recorded }) => [
      String(step),
      String(group),
      shortened(promptText(recorded.prompt), TEXT_WIDTH),
      shortened(recorded.completion, TEXT_WIDTH),
      figure(reward.old),
      figure(reward.new),
      signed(advantage.old),
      signed(advantage.new),
      flips ? 'flips' : '',
    ]);
    const lines = table([headings, ...cells], (column) => column < 2 || (column > 3 && column < 8));
    return [['Biggest changes:', ...lines].join('\n')];
  }
}

const changeOf = ({ advantage }: RescoredRow): number => Math.abs(advantage.new - advantage.old);
