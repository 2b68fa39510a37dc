import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';
import type { HostMessage } from '../../src/protocol/dashboard.ts';

type Answer = Extract<HostMessage, { type: 'tokens' }>;

type Place = Pick<Answer, 'step' | 'group'>;

/** A group that was asked for: all who want it wait for one answer. */
interface Asked {
  answer: Promise<Answer>;
  settle(answer: Answer): void;
}

/** A group's completions token by token: asked for when someone wants to see one, and kept until another group is. */
export class TokenSource {
  readonly #asked = new Map<string, Asked>();
  readonly #ask: (place: Place) => void;
  #kept: Answer | undefined;

  /** `ask` asks the host, whose answers are given to `receive`. */
  constructor(ask: (place: Place) => void) {
    this.#ask = ask;
  }

  receive(answer: Answer): void {
    // Before the step's update is done, its figures are missing: they come with the next question.
    if (answer.rows.some(({ entropies }) => entropies)) this.#kept = answer;
    const key = keyOf(answer);
    this.#asked.get(key)?.settle(answer);
    this.#asked.delete(key);
  }

  /** Those of the completion in a row of the step's file. Rejects with the reason when there are none. */
  async of(step: number, group: number, row: number): Promise<CompletionTokens> {
    const { rows, problem } = await this.#answer({ step, group });
    const tokens = rows.find((tokens) => tokens.row === row);
    if (!tokens) throw new Error(problem ?? 'The completion is no longer in the rollouts file.');
    return tokens;
  }

  /** Those of all completions of a group; none where they cannot be read. */
  async ofGroup(step: number, group: number): Promise<readonly CompletionTokens[]> {
    return (await this.#answer({ step, group })).rows;
  }

  #answer(place: Place): Promise<Answer> {
    const key = keyOf(place);
    if (this.#kept && keyOf(this.#kept) === key) return Promise.resolve(this.#kept);
    const known = this.#asked.get(key);
    if (known) return known.answer;
    const asked = newQuestion();
    this.#asked.set(key, asked);
    this.#ask(place);
    return asked.answer;
  }
}

const keyOf = ({ step, group }: Place): string => `${step}/${group}`;

function newQuestion(): Asked {
  let settle!: Asked['settle'];
  const answer = new Promise<Answer>((resolve) => {
    settle = resolve;
  });
  return { answer, settle };
}
