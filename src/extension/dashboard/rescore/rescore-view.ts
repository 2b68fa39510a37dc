import type { Disposable } from 'vscode';
import type { HostMessage } from '../../../protocol/dashboard.ts';
import { readCompletions } from '../../../run-folder/rollouts.ts';
import { Rescoring, type Scorer } from './rescoring.ts';

/** The dashboard's part that shows recorded completions under the rewards as they are now; idle until someone asks for it. */
export class RescoreView implements Disposable {
  readonly #folder: string;
  readonly #scorer: Scorer;
  readonly #post: (message: HostMessage) => void;
  #rescoring: Rescoring | undefined;
  #ready = false;
  /** It was asked for before the webview listened. */
  #toShow = false;

  constructor(folder: string, scorer: Scorer, post: (message: HostMessage) => void) {
    this.#folder = folder;
    this.#scorer = scorer;
    this.#post = post;
  }

  /** Comes to the front and scores everything again. User code runs: callers have asked for trust. */
  open(): void {
    if (this.#rescoring) this.#rescoring.restart();
    else this.#rescoring = new Rescoring(this.#folder, this.#scorer, () => this.#send());
    this.#toShow = true;
    this.#show();
  }

  /** The webview starts afresh. */
  ready(): void {
    this.#ready = true;
    this.#send();
    this.#show();
  }

  set visible(visible: boolean) {
    if (this.#rescoring) this.#rescoring.paused = !visible;
  }

  async sendStep(step: number): Promise<void> {
    const scored = this.#rescoring?.step(step) ?? null;
    const completions = scored ? await readCompletions(this.#folder, step) : [];
    this.#post({ type: 'rescored', step, scored, completions });
  }

  dispose(): void {
    this.#rescoring?.dispose();
  }

  #send(): void {
    if (this.#ready && this.#rescoring) this.#post({ type: 'rescore', view: this.#rescoring.view });
  }

  #show(): void {
    if (!this.#ready || !this.#toShow) return;
    this.#toShow = false;
    this.#post({ type: 'show', view: 'rescore' });
  }
}
