import type { CDPSession, Page } from 'playwright-core';

/** A picture of the window, as PNG or JPEG, and for how long it is shown. */
export interface Frame {
  picture: Buffer;
  milliseconds: number;
}

/** Films a page. Time passes in the film only while something moves, or while `hold` says so: nobody wants to watch a machine wait. */
export class Recorder {
  readonly #page: Page;
  readonly #session: CDPSession;
  readonly #longest: number;
  /** How much faster than it was what happens from now on is shown. */
  speed = 1;
  readonly #frames: { picture: Buffer; at: number; held: number; speed: number }[] = [];

  /** `longest`: how long a picture stays at most if nobody holds it, in milliseconds. */
  static async start(page: Page, longest: number): Promise<Recorder> {
    const session = await page.context().newCDPSession(page);
    const recorder = new Recorder(page, session, longest);
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      recorder.#take(Buffer.from(data, 'base64'));
      void session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
    });
    await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
    return recorder;
  }

  private constructor(page: Page, session: CDPSession, longest: number) {
    this.#page = page;
    this.#session = session;
    this.#longest = longest;
  }

  /** Shows what there is now for so long, to be read. */
  async hold(milliseconds: number): Promise<void> {
    this.#take(await this.#page.screenshot());
    this.#frames.at(-1)!.held = milliseconds;
  }

  async stop(): Promise<Frame[]> {
    await this.#session.send('Page.stopScreencast');
    const frames = this.#frames;
    return frames.map(({ picture, at, held, speed }, i) => {
      const passed = (frames[i + 1]?.at ?? at) - at;
      return { picture, milliseconds: held || Math.min(passed, this.#longest) / speed };
    });
  }

  #take(picture: Buffer): void {
    this.#frames.push({ picture, at: performance.now(), held: 0, speed: this.speed });
  }
}
