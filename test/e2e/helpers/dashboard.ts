import type { Frame, FrameLocator, Locator } from 'playwright-core';
import type { Editor } from './editor.ts';
import { until } from './processes.ts';

/** The dashboard in sight: a webview is a page within a page within the window. */
export class Dashboard {
  readonly #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  get #outer(): Locator {
    return this.#editor.page.locator('iframe.webview.ready:visible');
  }

  get frame(): FrameLocator {
    return this.#outer.contentFrame().frameLocator('#active-frame');
  }

  /** For code to run inside. */
  async #inside(): Promise<Frame> {
    const body = await this.frame.locator('body').elementHandle();
    return (await body!.ownerFrame())!;
  }

  evaluate<T>(code: () => T | Promise<T>): Promise<T> {
    return this.#inside().then((frame) => frame.evaluate(code));
  }

  /** Runs a script, such as axe's, inside. */
  async run<T>(script: string): Promise<T> {
    return (await this.#inside()).evaluate(script) as Promise<T>;
  }

  /** Goes to one of the five tabs. */
  async show(tab: 'Overview' | 'Rollouts' | 'Compare' | 'Config' | 'Checkpoints'): Promise<void> {
    await this.frame.getByRole('tab', { name: tab }).click();
  }

  /** Back to the list of groups, where that is not beside the group. */
  async closeGroup(): Promise<void> {
    const back = this.frame.getByRole('button', { name: 'All groups' });
    if (await back.isVisible()) await back.click();
  }

  get head(): Locator {
    return this.frame.locator('header.head');
  }

  get state(): Locator {
    return this.head.locator('.state');
  }

  /** The number before "of" in the head. */
  async step(): Promise<number> {
    const text = await this.head.locator('.facts dd').first().innerText();
    return Number(text.split(' of ')[0]!.replaceAll(/\D/g, ''));
  }

  button(name: string): Locator {
    return this.head.locator('vscode-button', { hasText: name });
  }

  chart(id: string): Locator {
    return this.frame.locator(`.chart-${id}`);
  }

  /** The newest value of a curve, or the one under the cursor, as its legend says it. */
  readout(id: string, series: string): Locator {
    // A band that is named after its curve comes behind it.
    return this.chart(id).locator('.series', { hasText: series }).locator('.value').first();
  }

  /** How many of a chart's pixels have the colour of its first curve. */
  async drawnPixels(id: string): Promise<number> {
    const frame = await this.#inside();
    return frame.evaluate((selector) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`${selector} canvas`);
      const swatch = document.querySelector(`${selector} .swatch`);
      if (!canvas || !swatch || canvas.width === 0) return 0;
      const probe = document.createElement('canvas').getContext('2d')!;
      probe.fillStyle = getComputedStyle(swatch).getPropertyValue('--color');
      probe.fillRect(0, 0, 1, 1);
      const [r, g, b] = probe.getImageData(0, 0, 1, 1).data as unknown as [number, number, number];
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3]! > 200 && Math.abs(data[i]! - r) + Math.abs(data[i + 1]! - g) + Math.abs(data[i + 2]! - b) < 24)
          count++;
      return count;
    }, `.chart-${id}`);
  }

  /** The numbers of a chart's table, newest step first as it shows them: only the rows in sight are there. */
  async table(id: string): Promise<number[][]> {
    const toggle = this.chart(id).getByRole('button', { name: /^Table of/ });
    await toggle.click();
    const rows = this.chart(id).locator('.virtual-canvas [role=row]');
    await rows.first().waitFor();
    const cells = await rows.evaluateAll((lines) =>
      lines.map((line) => [...line.children].map((cell) => Number(cell.textContent))),
    );
    await toggle.click();
    await this.chart(id).locator('canvas').waitFor();
    return cells;
  }

  /** All that can be seen: the words, the values of the controls, and the charts as pictures. */
  async picture(): Promise<{ text: string; controls: string[]; charts: string[] }> {
    const frame = await this.#inside();
    return frame.evaluate(() => ({
      text: document.body.innerText,
      controls: [...document.querySelectorAll<HTMLInputElement>('input, select')].map((control) =>
        control.type === 'checkbox' ? String(control.checked) : control.value,
      ),
      charts: [...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()),
    }));
  }

  /** When two pictures a moment apart are the same. */
  async settledPicture(): Promise<{ text: string; controls: string[]; charts: string[] }> {
    let last = '';
    return until('the dashboard to settle', async () => {
      const picture = await this.picture();
      const text = JSON.stringify(picture);
      if (text === last && picture.charts.length > 0) return picture;
      last = text;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return undefined;
    });
  }
}
