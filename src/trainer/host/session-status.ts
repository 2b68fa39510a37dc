import type { TrainerEvent, TrainerStatus } from '../../protocol/events.ts';

type Where = Omit<TrainerStatus, 'type' | 'seconds' | 'residentBytes'>;

/** Where a session is, from its events as they come. */
export class SessionStatus {
  #where: Where = { state: 'loading', step: 0, maxSteps: null, phase: null, device: null };
  #since = performance.now();

  take(event: TrainerEvent): void {
    if (event.type === 'start') this.#enter('running', { device: event.device, maxSteps: event.maxSteps });
    else if (event.type === 'phase') this.#change({ step: event.step, phase: event.phase });
    else if (event.type === 'state' && (event.state === 'paused' || event.state === 'running'))
      this.#enter(event.state, { phase: null });
  }

  /** Someone asked for a stop; the session hears of it when it has finished its step. */
  stop(): void {
    this.#enter('stopping');
  }

  read(): TrainerStatus {
    const seconds = (performance.now() - this.#since) / 1000;
    return { type: 'status', ...this.#where, seconds, residentBytes: process.memoryUsage.rss() };
  }

  #enter(state: Where['state'], changes: Partial<Where> = {}): void {
    this.#change({ ...changes, ...(this.#where.state !== 'stopping' && { state }) });
  }

  /** Seconds count from the last change of the phase; of the state where there is none. */
  #change(changes: Partial<Where>): void {
    const before = this.#where;
    const now = { ...before, ...changes };
    const same =
      now.phase === null ? now.state === before.state : now.phase === before.phase && now.step === before.step;
    if (!same) this.#since = performance.now();
    this.#where = now;
  }
}
