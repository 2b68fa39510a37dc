/**
 * What is asked of the preview process about one subject, as a machine: `next` says what an event makes of a state, and what has to be
 * done for it. It knows no editor, no process and no clock.
 *
 *     idle ─ ask ──────────────► preparing ─ prepared ─► asked
 *                                    ▲ │                   │
 *                         pause over │ │ changed           │ changed
 *                                    │ ▼                   │
 *                                   typing ◄───────────────┘
 *
 * From everywhere: `ask` to preparing, `gave up` to broken, `close` to closed. Nothing leaves closed.
 */

/** A request that the process has, to place its result in texts that were edited since. */
export interface SentRequest {
  id: number;
  /** Versions of the open documents, by file. */
  versions: ReadonlyMap<string, number>;
  /** Nothing was unsaved. */
  saved: boolean;
}

/** `sent` is the newest request that the process has: its results are shown until there is a newer one. */
export type PreviewState =
  | { is: 'idle'; sent?: undefined }
  /** What it is made of has changed, and may change with the next key: it is asked for after a pause. */
  | { is: 'typing'; fresh: boolean; sent: SentRequest | undefined }
  /** What the request `id` needs is being found out. `fresh`: no score that was kept counts. */
  | { is: 'preparing'; id: number; fresh: boolean; sent: SentRequest | undefined }
  /** The process has everything. */
  | { is: 'asked'; sent: SentRequest }
  /** The process has ended too often. */
  | { is: 'broken'; sent?: undefined }
  | { is: 'closed'; sent?: undefined };

/** Ids are those of the request that the event leads to, each higher than all before. */
export type PreviewChange =
  /** A text, the config or the interpreter is another one. */
  | { type: 'changed' }
  | { type: 'pause over'; id: number }
  /** It is wanted at once: it came into sight, or someone pressed a button. */
  | { type: 'ask'; id: number; fresh: boolean }
  | { type: 'prepared'; request: SentRequest }
  /** The process has ended, and what it was asked is lost. */
  | { type: 'died'; id: number }
  | { type: 'gave up' }
  /** Nobody looks at it any more. */
  | { type: 'close' };

/** What has to be done for it: to wait for a pause, and so on. A pause counts from the last `wait`, and only while one types. */
export type PreviewTask = 'wait' | 'prepare' | 'give up' | 'close';

export interface Step {
  state: PreviewState;
  task?: PreviewTask;
}

export function next(state: PreviewState, event: PreviewChange): Step {
  if (state.is === 'closed') return { state };
  const { sent } = state;
  // What was asked for fresh, and not sent, is asked for fresh when it is.
  const fresh = (state.is === 'typing' || state.is === 'preparing') && state.fresh;
  switch (event.type) {
    case 'changed':
      return { state: { is: 'typing', fresh, sent }, task: 'wait' };
    case 'pause over':
      return state.is === 'typing' ? prepare(event.id, fresh, sent) : { state };
    case 'ask':
      return prepare(event.id, fresh || event.fresh, sent);
    case 'prepared':
      // Otherwise it took so long that another one was asked for.
      return state.is === 'preparing' && state.id === event.request.id
        ? { state: { is: 'asked', sent: event.request } }
        : { state };
    case 'died':
      // Those that are on their way have lost nothing.
      return state.is === 'typing' || state.is === 'preparing' ? { state } : prepare(event.id, false, sent);
    case 'gave up':
      return { state: { is: 'broken' }, task: 'give up' };
    case 'close':
      return { state: { is: 'closed' }, task: 'close' };
    default:
      return event satisfies never;
  }
}

const prepare = (id: number, fresh: boolean, sent: SentRequest | undefined): Step => ({
  state: { is: 'preparing', id, fresh, sent },
  task: 'prepare',
});
