import type { Activity, HostMessage } from '../../protocol/dashboard.ts';
import type { ActiveTraining } from '../workspace/active-training.ts';

/** At most 10 a second reach a webview. */
const INTERVAL_MS = 100;

/** What a trainer is doing, as a dashboard shows it. */
export function activityOf({ progress, startedAt }: ActiveTraining, now = Date.now()): Activity {
  const { phase, share = null, secondsLeft = null, stepSeconds = null } = progress;
  return { phase, share, seconds: Math.max(0, now - startedAt) / 1000, secondsLeft, stepSeconds };
}

/** Tells a webview what the trainer is doing: the newest of what is shown in quick succession. */
export class ActivityMessages {
  readonly #post: (message: HostMessage) => void;
  #activity: Activity | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (message: HostMessage) => void) {
    this.#post = post;
  }

  show(activity: Activity | null): void {
    if (activity === null && this.#activity === null) return;
    this.#activity = activity;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.again();
    }, INTERVAL_MS);
  }

  /** For a webview that was made again. */
  again(): void {
    this.#post({ type: 'activity', activity: this.#activity });
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
