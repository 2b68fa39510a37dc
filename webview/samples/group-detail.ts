import { formatNumber } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import type { PromptGroup } from './entries.ts';
import { host } from './host.ts';
import { PromptView } from './prompt-view.ts';
import { signalText } from './signal-text.ts';

/** A prompt with what its samples would teach. */
export class GroupDetail {
  readonly element: HTMLElement;
  readonly #title = el('h1', {});
  readonly #prompt = new PromptView(
    () => {},
    () => {},
  );
  readonly #summary = el('p', { class: 'summary' });
  readonly #add: HTMLButtonElement;
  readonly #only: HTMLButtonElement;
  #group: PromptGroup | undefined;

  constructor(showOnly: (promptKey: string) => void) {
    this.#only = el(
      'button',
      { class: 'flat', onclick: () => this.#group && showOnly(this.#group.key) },
      'Show Only This Prompt',
    );
    this.#add = el(
      'button',
      {
        class: 'flat',
        onclick: () => this.#group && host.postMessage({ type: 'add', like: this.#group.samples.at(-1)!.id }),
      },
      'Add Sample',
    );
    this.element = el(
      'div',
      { class: 'detail' },
      el('header', {}, this.#title, el('span', { class: 'spacer' }), this.#only, this.#add),
      this.#summary,
      this.#prompt.element,
    );
  }

  show(group: PromptGroup, { editable, search, only }: { editable: boolean; search: string; only: boolean }): void {
    this.#group = group;
    const { scores, size } = group;
    setText(this.#title, `${size} ${size === 1 ? 'sample' : 'samples'} of one prompt`);
    const { mean, std, why } = scores ?? {};
    const figures =
      typeof mean === 'number' ? `Mean reward ${formatNumber(mean)}, std. dev. ${formatNumber(std)}. ` : '';
    setText(this.#summary, figures + signalText(why));
    this.#add.hidden = !editable;
    this.#only.hidden = only;
    // A prompt is edited sample by sample.
    this.#prompt.show(group.samples[0]!, search, false);
  }
}
