import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';
import { host, onMessage } from '../host.ts';

/** A group's completions token by token: asked for when someone wants to see one, and kept while the group is shown. */
export class TokenSource {
  #key = '';
  #rows: CompletionTokens[] | undefined;
  #problem: string | null = null;
  #waiting: (() => void)[] = [];

  constructor() {
    onMessage('tokens', ({ step, group, rows, problem }) => {
      if (this.#key !== `${step}/${group}`) return;
      this.#rows = rows;
      this.#problem = problem;
      for (const tell of this.#waiting.splice(0)) tell();
    });
  }

  /** Those of the completion in a row of the step's file. Rejects with the reason when there are none. */
  async of(step: number, group: number, row: number): Promise<CompletionTokens> {
    const tokens = (await this.ofGroup(step, group)).find((tokens) => tokens.row === row);
    if (!tokens) throw new Error(this.#problem ?? 'The completion is no longer in the rollouts file.');
    return tokens;
  }

  /** Those of all completions of a group; none where they cannot be read. */
  async ofGroup(step: number, group: number): Promise<readonly CompletionTokens[]> {
    const key = `${step}/${group}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#rows = undefined;
      this.#waiting = [];
    }
    if (!this.#rows)
      await new Promise<void>((resolve) => {
        if (this.#waiting.push(resolve) === 1) host.postMessage({ type: 'tokens', step, group });
      });
    return this.#rows ?? [];
  }

  /** An update may have added to what is known. */
  forget(): void {
    this.#key = '';
  }
}
