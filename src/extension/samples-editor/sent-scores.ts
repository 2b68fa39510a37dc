import type { PreviewOutcome } from '../../protocol/preview.ts';
import type { RewardOutcome } from '../../protocol/rewards.ts';
import type { GroupScores, RowProblem, RowScores, ScoresChange } from '../../protocol/samples-view.ts';
import type { ScoredSamples } from '../workspace/sample-scores.ts';

/** What is said of a row in other words already. */
const SAID: string[] = ['expectation', 'failure', 'no-signal'];

/** What a view knows of the scores: only what has changed is sent. */
export class SentScores {
  #rows = new Map<number, string>();
  #groups = new Map<number, string>();
  #prompts = new Map<number, string>();

  /** What has changed since this was last called; undefined when nothing has. `idAt` gives the id of a line, from 0. */
  changes(preview: ScoredSamples | undefined, idAt: (line: number) => number | undefined): ScoresChange | undefined {
    const { rows = [], groups = [] } = preview?.result ?? {};
    const problems = problemsByLine(preview);
    const byId = new Map<number, RowScores>();
    rows.forEach((row, index) => {
      const line = preview!.rowLine(index);
      const id = idAt(line);
      if (id === undefined) return;
      const { reward, advantage, mismatches, group } = row;
      const outcomes = Object.fromEntries(
        Object.entries(row.outcomes).map(([name, outcome]) => [name, plain(outcome)]),
      );
      byId.set(id, { reward, advantage, mismatches, group, outcomes, problems: problems.get(line) ?? [] });
    });
    for (const [line, said] of problems) {
      const id = idAt(line);
      // A line that is not scored has nothing but its problems.
      if (id !== undefined && !byId.has(id)) byId.set(id, { ...NOT_SCORED, problems: said });
    }
    const scores = groups.map(({ mean, std, signal, why }): GroupScores => ({ mean, std, signal, why }));
    const prompts = groups.map(({ prompt, rendered }) => ({ prompt, rendered }));
    const change: ScoresChange = {
      type: 'scores',
      rows: changed(this.#rows, byId),
      groups: changed(this.#groups, new Map(scores.entries())),
      prompts: changed(this.#prompts, new Map(prompts.entries())).flatMap(([group, prompt]) =>
        prompt ? [[group, prompt]] : [],
      ),
    };
    return change.rows.length + change.groups.length + change.prompts.length > 0 ? change : undefined;
  }

  /** The view has forgotten all. */
  forget(): void {
    for (const known of [this.#rows, this.#groups, this.#prompts]) known.clear();
  }
}

const NOT_SCORED: Omit<RowScores, 'problems'> = {
  ...{ reward: null, advantage: 0, mismatches: [], group: -1, outcomes: {} },
};

/** The time that a call took is another one each time. */
function plain({ seconds: _, ...outcome }: PreviewOutcome): RewardOutcome {
  return outcome;
}

function problemsByLine(preview: ScoredSamples | undefined): Map<number, RowProblem[]> {
  const byLine = new Map<number, RowProblem[]>();
  for (const { file, line, code, severity, message } of preview?.problems ?? []) {
    if (file !== preview!.subject.samplesPlace || SAID.includes(code)) continue;
    byLine.set(line - 1, [...(byLine.get(line - 1) ?? []), { code, severity, message }]);
  }
  return byLine;
}

/** What is another value than the one that was sent, null for what is gone; remembers what is sent now. */
function changed<T>(sent: Map<number, string>, now: ReadonlyMap<number, T>): [number, T | null][] {
  const changes: [number, T | null][] = [];
  for (const [key, value] of now) {
    const text = JSON.stringify(value);
    if (sent.get(key) === text) continue;
    sent.set(key, text);
    changes.push([key, value]);
  }
  for (const key of [...sent.keys()]) {
    if (now.has(key)) continue;
    sent.delete(key);
    changes.push([key, null]);
  }
  return changes;
}
