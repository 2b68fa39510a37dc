import { type StageSpan, spanAt } from '../../src/protocol/stage-spans.ts';
import { formatBytes } from '../../src/text/bytes.ts';
import { dayAndTime } from '../../src/text/start-time.ts';
import { el, setText } from '../dom.ts';
import { host } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { exportButton } from './export.ts';
import { type MeasuredCheckpoint, measureWords } from './measured.ts';

interface Shown {
  checkpoint: MeasuredCheckpoint;
  chosen: boolean;
  /** The stage that it is of; undefined in a run without stages. */
  stage: StageSpan | undefined;
}

const KINDS = { adapter: 'LoRA adapter', full: 'full model' };

/** The checkpoints, newest first; what can be done with one is under the chosen one. */
export class CheckpointList {
  readonly element = el('ul', {
    class: 'checkpoint-list',
    'aria-label': 'Checkpoints',
    onkeydown: (event: KeyboardEvent) => this.#onKey(event),
  });
  readonly #rows: KeyedList<Shown>;

  constructor(choose: (step: number) => void) {
    this.#rows = new KeyedList(
      this.element,
      ({ checkpoint }) => checkpoint.step,
      ({ checkpoint }) => row(checkpoint.step, choose),
    );
  }

  show(checkpoints: readonly MeasuredCheckpoint[], chosen: number | undefined, stages: readonly StageSpan[]): void {
    this.#rows.show(
      checkpoints.map((checkpoint) => {
        const { step } = checkpoint;
        return { checkpoint, chosen: step === chosen, stage: spanAt(stages, step) };
      }),
    );
  }

  /** Up and down go from one to the next, and choose it. */
  #onKey(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...this.element.querySelectorAll<HTMLElement>('.checkpoint')];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const next = by === undefined || at < 0 ? undefined : buttons[at + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  }
}

function row(step: number, choose: (step: number) => void): Row<Shown> {
  const best = el('span', { class: 'best', title: 'The highest reward of these checkpoints' }, 'best');
  const ofStage = el('span', { class: 'muted' });
  const measure = el('span');
  const facts = el('span', { class: 'muted' });
  const button = el(
    'button',
    { class: 'checkpoint', onclick: () => choose(step) },
    el('span', { class: 'checkpoint-title' }, el('strong', {}, `Step ${step}`), ofStage, best),
    measure,
    facts,
  );
  const act = (label: string, title: string, name: 'openFolder' | 'copyPath' | 'resume') => {
    const onclick = () => host.postMessage({ type: 'checkpoint', step, act: name });
    return el('button', { class: 'flat', title, onclick }, label);
  };
  const resume = act('Resume Run', 'Continue the run from here', 'resume');
  const actions = el(
    'div',
    { class: 'checkpoint-actions', role: 'group', 'aria-label': `Step ${step}` },
    act('Open Folder', 'Show the checkpoint’s files', 'openFolder'),
    act('Copy Path', 'For other programs: the folder is a Hugging Face model or a PEFT adapter', 'copyPath'),
    exportButton(step),
    resume,
  );
  const update = ({ checkpoint, chosen, stage }: Shown) => {
    const { bytes, savedAt, kind, newest } = checkpoint;
    button.setAttribute('aria-current', String(chosen));
    best.hidden = !checkpoint.best;
    setText(ofStage, stage ? (stage.last === step ? `end of ${stage.name}` : `in ${stage.name}`) : '');
    setText(measure, measureWords(checkpoint));
    setText(facts, `${KINDS[kind]} · ${formatBytes(bytes)} · ${dayAndTime(savedAt)}`);
    actions.hidden = !chosen;
    // A run continues from its newest one.
    resume.hidden = !newest;
  };
  return { element: el('li', {}, button, actions), update };
}
