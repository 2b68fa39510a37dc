import type { FrameLocator, Locator } from 'playwright-core';
import type { Editor } from './editor.ts';
import { until } from './processes.ts';

/** What reward previews show in the editor in sight. */
export class RewardPreviews {
  readonly #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** The lenses in sight, one text for each function. */
  lenses(): Promise<string[]> {
    return this.#editor.page
      .locator('.codelens-decoration')
      .evaluateAll((lenses) => lenses.map((lens) => (lens.textContent ?? '').replaceAll('\u00a0', ' ').trim()));
  }

  lens(text: string | RegExp): Promise<string> {
    return until(`a lens like ${text}`, async () =>
      (await this.lenses()).find((lens) => (typeof text === 'string' ? lens.includes(text) : text.test(lens))),
    );
  }

  /** Links of the lenses in sight. */
  lensLink(text: string): Locator {
    return this.#editor.page.locator('.codelens-decoration a', { hasText: text });
  }

  /** Texts behind lines, which are not in the page's text: those of pseudo-elements. */
  decorations(): Promise<string[]> {
    return this.#editor.page.locator('.editor-instance .view-line span').evaluateAll((spans) =>
      spans
        .map((span) => getComputedStyle(span, '::after').content)
        .filter((content) => content !== 'none' && content !== 'normal')
        .map((content) => content.replace(/^"|"$/g, '').replaceAll('\u00a0', ' ')),
    );
  }

  /** Texts in front of lines, `▲ +0.87  6.50  │`, in two pseudo-elements of which the first may be empty. */
  fronts(): Promise<string[]> {
    return this.#editor.page.locator('.editor-instance .view-line').evaluateAll((lines) => {
      const textOf = (element: Element, pseudo: string) =>
        getComputedStyle(element, pseudo).content.replace(/^"|"$/g, '').replaceAll('\u00a0', ' ');
      return lines.flatMap((line) => {
        const spans = [...line.querySelectorAll('span')];
        const bar = spans.findIndex((span) => textOf(span, '::after').endsWith('│'));
        if (bar < 0) return [];
        const before = spans.slice(0, bar + 1).map((span) => textOf(span, '::before'));
        return [before.filter((text) => text !== 'none').join('') + textOf(spans[bar]!, '::after')];
      });
    });
  }

  front(text: RegExp): Promise<string> {
    return until(`a text in front of a line like ${text}`, async () =>
      (await this.fronts()).find((front) => text.test(front)),
    );
  }

  decoration(text: RegExp): Promise<string> {
    return until(`a decoration like ${text}`, async () =>
      (await this.decorations()).find((decoration) => text.test(decoration)),
    );
  }

  /** The *Reward Preview* in the panel. */
  get view(): FrameLocator {
    return this.#editor.page.locator('iframe.webview.ready:visible').contentFrame().frameLocator('#active-frame');
  }

  /** Puts the cursor at the end of a line, from 1. */
  async cursorAtEndOf(line: number): Promise<void> {
    await this.cursorAt(line, 1);
    await this.#editor.page.keyboard.press('End');
  }

  async cursorAt(line: number, column: number): Promise<void> {
    const { page } = this.#editor;
    await this.#editor.command('View: Focus Active Editor Group');
    await page.keyboard.press('Control+G');
    await this.#editor.quickInput.fill(`:${line}:${column}`);
    await page.keyboard.press('Enter');
    await this.#editor.statusItem(new RegExp(`Ln ${line}, Col ${column}`)).waitFor();
  }
}
