import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { connectChromium } from './chromium.ts';
import { shared } from './shared.ts';

const dist = join(import.meta.dirname, '../../../dist');

interface BareOptions {
  /** What an earlier page of it kept. */
  state?: unknown;
  /** Of the window, in pixels. */
  width?: number;
}

/** A webview's page alone in the browser, without an editor around it: the test is its host. */
export class BareWebview {
  readonly page: Page;
  readonly #browser: Browser;

  /** `bundle`: `dist/<bundle>.js` and `.css`. */
  static async open(
    bundle: 'webview' | 'preview-view' | 'samples-view',
    { state, width = 1200 }: BareOptions = {},
  ): Promise<BareWebview> {
    const browser = await connectChromium(shared().browser);
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.setDefaultTimeout(15_000);
    await page.setContent('<!DOCTYPE html><html lang="en"><body></body></html>');
    await page.addStyleTag({ path: join(dist, `${bundle}.css`) });
    await page.evaluate((kept) => {
      const posted: unknown[] = [];
      const postMessage = (message: unknown) => posted.push(message);
      const setState = (state: unknown) => Object.assign(window, { kept: state });
      Object.assign(window, { posted, acquireVsCodeApi: () => ({ postMessage, getState: () => kept, setState }) });
    }, state);
    await page.addScriptTag({ path: join(dist, `${bundle}.js`) });
    return new BareWebview(browser, page);
  }

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  /** Sends messages as the host would, and waits until they are drawn. */
  async send(...messages: unknown[]): Promise<void> {
    await this.page.evaluate(async (sent) => {
      let received = 0;
      // The page's own listener is the earlier one.
      const all = new Promise<void>((resolve) =>
        addEventListener('message', function count() {
          if (++received < sent.length) return;
          removeEventListener('message', count);
          resolve();
        }),
      );
      for (const message of sent) window.postMessage(message);
      await all;
      for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    }, messages);
  }

  /** What it has said to its host, of this type. */
  posted<T>(type: string): Promise<T[]> {
    return this.page.evaluate((wanted) => {
      const { posted } = window as unknown as { posted: { type: string }[] };
      return posted.filter((message) => message.type === wanted);
    }, type) as Promise<T[]>;
  }

  /** What it keeps for the page that comes after it. */
  kept(): Promise<unknown> {
    return this.page.evaluate(() => (window as unknown as { kept: unknown }).kept);
  }

  /** Presses the mouse button on something, lets `meanwhile` happen, and releases the button where it was pressed. */
  async hold(selector: string, meanwhile: () => Promise<void>): Promise<void> {
    const { page } = this;
    const target = page.locator(selector).first();
    await target.waitFor();
    const { x, y, width, height } = (await target.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await meanwhile();
    await page.mouse.up();
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
