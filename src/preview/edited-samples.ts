import { parseSamples, type SampleRow } from '../data/samples.ts';
import { attempt } from '../files/json-lines.ts';
import { SAMPLES_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import { BadInput } from '../protocol/errors.ts';
import { stringifyExact } from '../text/exact-json.ts';
import type { RenderPrompt } from './rendered-prompts.ts';
import { groupByPrompt, type RenderedSample } from './sample-scores.ts';

/** A sample and what it is recognised by after an edit. */
export interface KeyedSample extends RenderedSample {
  /** The same for the same prompt (as the model sees it), completion and columns; a second such row has another. */
  key: string;
}

export interface EditedSamples {
  /** By prompt, in the order of the file. */
  groups: KeyedSample[][];
  /** One group after another. */
  rows: KeyedSample[];
  problems: BadInput[];
  /** Prompts that the model's chat template refuses, as training would; rewards get them as they are written. */
  refusals: BadInput[];
}

/**
 * Reads samples that are being edited. A line that is broken just now counts as the row that it was before, so that the others keep
 * their group and their advantages.
 */
export class SamplesReader {
  #file = '';
  #last: SampleRow[] = [];

  read({ file, text }: { file: string; text?: string | undefined }, render: RenderPrompt): EditedSamples {
    if (file !== this.#file) this.#last = [];
    this.#file = file;
    const { samples, problems } = parse(file, text);
    const known = new Set(samples.map(identity));
    const broken = new Set(problems.flatMap(({ problem }) => problem.place?.line ?? []));
    const before = this.#last.filter((row) => broken.has(row.line) && !known.has(identity(row)));
    this.#last = [...samples, ...before].sort((a, b) => a.line - b.line);
    const refusals: BadInput[] = [];
    const renderOrTell = ({ prompt, line }: SampleRow): string | null => {
      let rendered: string | null = null;
      attempt(
        () => {
          rendered = refusedAt({ file, line }, () => render(prompt));
        },
        (refusal) => void refusals.push(refusal),
      );
      return rendered;
    };
    const groups = groupByPrompt(withKeys(this.#last, renderOrTell));
    return { groups, rows: groups.flat(), problems, refusals };
  }
}

function parse(file: string, text: string | undefined): { samples: SampleRow[]; problems: BadInput[] } {
  try {
    return parseSamples(text ?? readText(file, SAMPLES_FILE), file);
  } catch (error) {
    if (error instanceof BadInput) return { samples: [], problems: [error] };
    throw error;
  }
}

const identity = ({ prompt, completion, columns }: SampleRow): string => stringifyExact([prompt, completion, columns]);

function withKeys(samples: SampleRow[], render: (sample: SampleRow) => string | null): KeyedSample[] {
  const seen = new Map<string, number>();
  return samples.map((sample) => {
    const rendered = render(sample);
    const name = `${identity(sample)} ${rendered ?? ''}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { ...sample, rendered, key: `${count} ${name}` };
  });
}
