import type { DatasetSummary } from '../../src/protocol/dataset-summary.ts';
import type { Problem } from '../../src/protocol/errors.ts';
import { SYSTEM_PROMPTS } from '../../src/protocol/system-prompts.ts';
import { el } from '../dom.ts';
import { type Draft, KINDS, type Kind } from './draft.ts';
import { Field, setOptions, setValue, templateArea } from './field.ts';

const KIND_LABELS: Record<Kind, string> = {
  chat: 'Chat messages from templates',
  text: 'Plain text from a template',
  column: 'A column as it is',
};

const TEMPLATES = ['system', 'user', 'prefill', 'text'] as const;
type Template = (typeof TEMPLATES)[number];

const OWN = 'own';

/** How a row becomes a prompt: what is typed here is looked at as it is typed. */
export class MappingForm {
  readonly element: HTMLElement;
  readonly #change: (changes: Partial<Draft>) => void;
  readonly #kind: Field<HTMLSelectElement>;
  readonly #systemChoice: Field<HTMLSelectElement>;
  readonly #fields: Record<Template, Field<HTMLTextAreaElement>>;
  readonly #column: Field<HTMLSelectElement>;
  readonly #answer: Field<HTMLInputElement>;
  readonly #paths = el('datalist', { id: 'answer-paths' });
  /** Where a column's name goes when it is clicked. */
  #typedLast: Template = 'user';

  constructor(change: (changes: Partial<Draft>) => void) {
    this.#change = change;
    const select = (onchange: (value: string) => void): HTMLSelectElement => {
      const control = el('select', { onchange: () => onchange(control.value) });
      return control;
    };
    const template = (name: Template, label: string, placeholder: string, hint = '') => {
      const area = templateArea(placeholder, () => change({ [name]: area.value }));
      area.addEventListener('focus', () => {
        this.#typedLast = name;
      });
      return new Field(label, area, hint);
    };
    this.#kind = new Field(
      'Prompt',
      select((kind) => change({ kind: kind as Kind })),
    );
    setOptions(
      this.#kind.control,
      KINDS.map((kind) => [kind, KIND_LABELS[kind]]),
    );
    this.#systemChoice = new Field(
      'System prompt',
      select((choice) => this.#chooseSystem(choice)),
    );
    this.#fields = {
      system: template('system', 'System message', 'What the model should know about every question'),
      user: template('user', 'User message', '{{ question }}', 'A Jinja template: {{ column }} inserts a column.'),
      prefill: template(
        'prefill',
        'Answer begins with',
        'nothing',
        'Optional; such as <think>: the model continues from there.',
      ),
      text: template(
        'text',
        'Text',
        'Question: {{ question }}\nAnswer:',
        'A Jinja template: {{ column }} inserts a column.',
      ),
    };
    this.#column = new Field(
      'Column',
      select((column) => change({ column })),
      'A text is a plain prompt; chat messages are used as they are.',
    );
    const answer = el('input', { list: 'answer-paths', spellcheck: 'false', placeholder: 'none' });
    answer.addEventListener('input', () => change({ answer: answer.value.trim() }));
    this.#answer = new Field(
      'Answer for the rewards',
      answer,
      'A column, or a path such as reward_model.ground_truth. Rewards get it as "answer".',
    );
    const { system, user, prefill, text } = this.#fields;
    const parts = [this.#kind, this.#column, this.#systemChoice, system, user, text, prefill, this.#answer];
    this.element = el('div', { class: 'form' }, ...parts.map(({ element }) => element), this.#paths);
  }

  show(draft: Draft, { columns }: Pick<DatasetSummary, 'columns'>): void {
    setValue(this.#kind.control, draft.kind);
    setOptions(
      this.#column.control,
      columns.map(({ name }) => [name, name]),
    );
    setValue(this.#column.control, draft.column);
    for (const name of TEMPLATES) setValue(this.#fields[name].control, draft[name]);
    const known = Object.entries(SYSTEM_PROMPTS).find(([, { text }]) => text === draft.system);
    setOptions(this.#systemChoice.control, [
      ...Object.entries(SYSTEM_PROMPTS).map(([name, { label }]): [string, string] => [name, label]),
      [OWN, 'Your own'],
    ]);
    setValue(this.#systemChoice.control, this.#writesOwn && draft.system === '' ? OWN : (known?.[0] ?? OWN));
    setValue(this.#answer.control, draft.answer);
    const paths = columns.flatMap(({ name, paths }) => [name, ...paths]);
    setOptionsOf(this.#paths, paths);
    const isChat = draft.kind === 'chat';
    this.#column.element.hidden = draft.kind !== 'column';
    this.#systemChoice.element.hidden = !isChat;
    this.#fields.system.element.hidden = !isChat || this.#systemChoice.control.value === 'none';
    this.#fields.user.element.hidden = !isChat;
    this.#fields.prefill.element.hidden = !isChat;
    this.#fields.text.element.hidden = draft.kind !== 'text';
    if (!isChat && this.#typedLast !== 'text') this.#typedLast = 'text';
    if (isChat && this.#typedLast === 'text') this.#typedLast = 'user';
  }

  /** Shows the problem at the field that it is about; false where it is about none. */
  showProblem(problem: Problem | null): boolean {
    const [field, part] = problem?.place?.path ?? [];
    const name = field === 'columns' ? 'answer' : field === 'prompt' ? String(part ?? 'column') : undefined;
    const all: Record<string, Field> = { ...this.#fields, column: this.#column, answer: this.#answer };
    for (const [key, each] of Object.entries(all)) each.error = key === name ? problem!.message : null;
    return name !== undefined && name in all;
  }

  /** Puts a column into the template that was typed into last. */
  insert(column: string): void {
    const { control } = this.#fields[this.#typedLast];
    if (control.closest('.field')?.matches('[hidden]')) return;
    control.focus();
    control.setRangeText(`{{ ${column} }}`, control.selectionStart, control.selectionEnd, 'end');
    control.dispatchEvent(new Event('input'));
  }

  /** An own system prompt begins as an empty one. */
  #writesOwn = false;

  #chooseSystem(choice: string): void {
    this.#writesOwn = choice === OWN;
    const prompt = SYSTEM_PROMPTS[choice as keyof typeof SYSTEM_PROMPTS];
    this.#change({ system: prompt?.text ?? '' });
    if (choice === OWN) this.#fields.system.control.focus();
  }
}

function setOptionsOf(list: HTMLDataListElement, values: readonly string[]): void {
  const key = JSON.stringify(values);
  if (list.dataset.options === key) return;
  list.dataset.options = key;
  list.replaceChildren(...values.map((value) => el('option', { value })));
}
