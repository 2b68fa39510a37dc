import type { PreviewGroup } from '../../src/protocol/preview.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';
import type {
  GroupScores,
  LinesChange,
  LineView,
  RowScores,
  SamplesState,
  ScoresChange,
} from '../../src/protocol/samples-view.ts';

/** A line of the file that is not blank, with what is known of it. Another one as soon as anything in it changes. */
export interface Sample {
  id: number;
  /** In the file, from 1. */
  line: number;
  view: Exclude<LineView, { kind: 'blank' }>;
  prompt: Prompt | null;
  /** The prompt as the model sees it; null without a chat template. */
  rendered: string | null;
  /** The same for samples of the same prompt. */
  promptKey: string;
  /** Undefined until it is scored. */
  scores: RowScores | undefined;
  group: GroupScores | undefined;
}

const START: SamplesState = {
  ...{ type: 'state', title: '', editable: false, running: false, stale: false, note: null, functions: [] },
};

/** What the host has told of the file so far. */
export class SampleStore {
  state: SamplesState = START;
  /** False until the host has said which lines there are. */
  loaded = false;
  #lines: LineView[] = [];
  readonly #rows = new Map<number, RowScores>();
  readonly #groups = new Map<number, GroupScores>();
  readonly #prompts = new Map<number, Pick<PreviewGroup, 'prompt' | 'rendered'>>();
  #samples: Sample[] = [];
  readonly #promptKeys = new WeakMap<object, string>();

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  receive(message: LinesChange | ScoresChange | SamplesState): void {
    if (message.type === 'state') this.state = message;
    else if (message.type === 'lines') this.#takeLines(message);
    else this.#takeScores(message);
    if (message.type !== 'state') this.#assemble();
  }

  #takeLines({ at, removed, lines }: LinesChange): void {
    // The host starts over only for a page that knows nothing.
    const gone = this.#lines.slice(at, at + removed);
    const known = new Map(gone.map((line) => [line.id, line]));
    const now = lines.map((line) => (typeof line === 'number' ? known.get(line)! : line));
    this.#lines = [...this.#lines.slice(0, at), ...now, ...this.#lines.slice(at + removed)];
    this.loaded = true;
  }

  #takeScores({ rows, groups, prompts }: ScoresChange): void {
    for (const [id, scores] of rows) keep(this.#rows, id, scores);
    for (const [group, scores] of groups) keep(this.#groups, group, scores);
    for (const [group, prompt] of prompts) this.#prompts.set(group, prompt);
  }

  #assemble(): void {
    const before = new Map(this.#samples.map((sample) => [sample.id, sample]));
    this.#samples = this.#lines.flatMap((view, index) => {
      if (view.kind === 'blank') return [];
      const known = before.get(view.id);
      const sample = this.#sample(view, index + 1);
      return known && isSame(known, sample) ? known : sample;
    });
  }

  #sample(view: Sample['view'], line: number): Sample {
    const scores = this.#rows.get(view.id);
    const group = scores && this.#groups.get(scores.group);
    const found = scores && this.#prompts.get(scores.group);
    const prompt = view.kind === 'sample' ? (view.prompt ?? found?.prompt ?? null) : null;
    const rendered = found?.rendered ?? null;
    return { id: view.id, line, view, prompt, rendered, promptKey: this.#promptKey(prompt, view), scores, group };
  }

  /** Long prompts are written out once. */
  #promptKey(prompt: Prompt | null, view: Sample['view']): string {
    if (typeof prompt === 'string') return prompt;
    if (prompt === null) return `line ${view.id}`;
    const known = this.#promptKeys.get(prompt);
    if (known !== undefined) return known;
    const key = JSON.stringify(prompt);
    this.#promptKeys.set(prompt, key);
    return key;
  }
}

function keep<T>(map: Map<number, T>, key: number, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

const isSame = (a: Sample, b: Sample): boolean =>
  (Object.keys(a) as (keyof Sample)[]).every((field) => a[field] === b[field]);

/** Whether functions have scored a sample; otherwise there are at most problems of its line. */
export const isScored = (scores: RowScores | undefined): scores is RowScores =>
  scores !== undefined && scores.group >= 0;
