import type { RowMapping } from '../../src/protocol/dataset-summary.ts';
import type { ImportPicture } from '../../src/protocol/import-view.ts';
import { el, setText } from '../dom.ts';
import { Field, setOptions } from './field.ts';
import { host } from './host.ts';

const HELD_OUT = 'held-out';

/** What else a run needs, and the button that writes its config. */
export class WriteBar {
  readonly element: HTMLElement;
  readonly #reward = new Field('Reward', el('select', { id: 'reward' }));
  readonly #lora = new Field('Train', el('select', { id: 'train' }));
  readonly #held = new Field('Held-out prompts', el('input', { id: 'held-out', type: 'number', min: 0, step: 1 }));
  readonly #from = new Field('From', el('select', { id: 'held-out-from' }));
  readonly #config: Field<HTMLSelectElement>;
  readonly #button: HTMLButtonElement;
  readonly #missing = el('p', { id: 'missing', class: 'muted' });
  #heldTouched = false;

  constructor(mapping: () => RowMapping) {
    const config = el('select', { id: 'run-config', onchange: () => this.#label() });
    this.#config = new Field('Write to', config);
    setOptions(this.#lora.control, [
      ['lora', 'LoRA adapter'],
      ['all', 'All weights'],
    ]);
    this.#held.control.value = '0';
    this.#held.control.addEventListener('input', () => {
      this.#heldTouched = true;
    });
    const write = () =>
      host.postMessage({
        ...{ type: 'write', mapping: mapping(), reward: this.#reward.control.value || null },
        lora: this.#lora.control.value === 'lora',
        evalPrompts: Math.max(0, Math.round(Number(this.#held.control.value) || 0)),
        fromHeldOut: this.#from.control.value === HELD_OUT,
        config: config.value || null,
      });
    this.#button = el(
      'button',
      { class: 'primary', 'aria-describedby': 'missing', onclick: write },
      'Create Run Config',
    );
    const fields = [this.#reward, this.#lora, this.#held, this.#from, this.#config].map(({ element }) => element);
    this.element = el('footer', { class: 'write' }, ...fields, this.#missing, this.#button);
  }

  show({ rewards, configs, model, heldOut, running, summary }: ImportPicture): void {
    const choices = (list: ImportPicture['rewards']) => list.map(({ path, label }): [string, string] => [path, label]);
    const isFirst = this.#reward.control.options.length === 0;
    setOptions(this.#reward.control, [...choices(rewards), ['', 'Create one later']]);
    // A reward that exists is more likely to be meant than none.
    if (isFirst) this.#reward.control.selectedIndex = 0;
    setOptions(this.#config.control, [['', 'A new run config'], ...choices(configs)]);
    const own: [string, string][] = heldOut ? [[HELD_OUT, heldOut.label]] : [];
    setOptions(this.#from.control, [...own, ['split', 'the dataset']]);
    this.#from.element.hidden = heldOut === null;
    // Enough for the outcome to mean something, and few enough not to be missed.
    if (summary && !this.#heldTouched) this.#held.control.value = heldOut || summary.rows.read >= 200 ? '16' : '0';
    const missing = whatIsMissing(model, summary);
    this.#button.disabled = running || missing !== '';
    setText(this.#missing, missing);
    this.#label();
  }

  #label(): void {
    const isUpdate = this.#config.control.value !== '';
    setText(this.#button, isUpdate ? 'Update Run Config' : 'Create Run Config');
    this.#lora.element.hidden = isUpdate;
  }
}

/** Why a run config cannot be written yet; '' if it can. */
function whatIsMissing(model: string | null, summary: ImportPicture['summary']): string {
  if (model === null) return 'Choose a model first. GRPO: Get Model lists some.';
  if (summary?.problem) return 'The prompt has an error.';
  return summary === null || summary.prompts.length === 0 ? 'There are no prompts yet.' : '';
}
