import { type Browser, type BrowserContext, errors, type Locator, type Page } from 'playwright-core';
import { until } from './processes.ts';
import { screenshotFile } from './screenshots.ts';

/** The four kinds of theme: a theme's name in the palette, and the class that the window then has. */
export const themes = {
  dark: ['Dark Modern', 'vs-dark'],
  light: ['Light Modern', 'vs'],
  'high-contrast': ['Dark High Contrast', 'hc-black'],
  'high-contrast-light': ['Light High Contrast', 'hc-light'],
} as const;
export type Theme = keyof typeof themes;

/** A window may take this long to start, which is nothing that tests are about. */
const START_MS = 60_000;

/** VS Code's window in a browser, used as a person would: by the palette, the keyboard and what can be seen. */
export class Editor {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #context: BrowserContext;

  /** Closes the browser with its window. */
  static async open(url: string, browser: Browser, viewport = { width: 1440, height: 900 }): Promise<Editor> {
    const context = await browser.newContext({
      viewport,
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    context.setDefaultTimeout(30_000);
    const editor = new Editor(browser, context, await context.newPage());
    await editor.page.goto(url, { timeout: START_MS });
    await editor.#ready();
    return editor;
  }

  private constructor(browser: Browser, context: BrowserContext, page: Page) {
    this.#browser = browser;
    this.#context = context;
    this.page = page;
  }

  /** Extensions are known when the theme, which one of them brings, is there. */
  async #ready(): Promise<void> {
    const ready = this.page.locator('.monaco-workbench[class*="-theme-defaults-"] .part.statusbar');
    await ready.waitFor({ timeout: START_MS });
  }

  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.command('Developer: Reload Window');
    await loaded;
    await this.#ready();
  }

  /** Runs a command by its title in the palette, exactly once. */
  async command(title: string): Promise<void> {
    const row = this.#commandRow(title);
    await this.#find('F1', `>${title}`, row, () => this.#press(row));
  }

  /**
   * Presses a row that can be seen, or throws a `TimeoutError` and has not pressed it. Playwright's own click may run out of time after it has pressed,
   * as what a command does keeps a slow window from answering: tried again, it would start a second run, or hide the panel that it has shown.
   */
  async #press(row: Locator): Promise<void> {
    await row.click({ trial: true, timeout: 2000 });
    // Only finding the row is limited in time.
    const pressed = await row.evaluate(
      (element: HTMLElement) => {
        const { isConnected } = element;
        if (isConnected) element.click();
        return isConnected;
      },
      undefined,
      { timeout: 2000 },
    );
    if (!pressed) throw new errors.TimeoutError('The list has closed.');
  }

  /** A command's row in the palette. */
  findCommand(title: string): Promise<Locator> {
    return this.#find('F1', `>${title}`, this.#commandRow(title));
  }

  #commandRow(title: string): Locator {
    return this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first();
  }

  /**
   * A row of the list that a key opens and a text filters. The list does not add what comes while it is open, and closes when
   * something else takes the focus, an editor that was about to open, say: so it is opened again, until the row is there and `use` has used it.
   */
  #find(key: string, text: string, row: Locator, use = async () => {}): Promise<Locator> {
    return until(`"${text}" to be found`, async () => {
      // A pointer that rests where the list opens brings up the hover of a row, which covers the row below it.
      await this.page.mouse.move(0, 0);
      await this.page.keyboard.press(key);
      try {
        await this.#put(text);
        await row.waitFor({ timeout: 2000 });
        await use();
        return row;
      } catch (error) {
        await this.page.keyboard.press('Escape');
        throw error;
      }
    });
  }

  /**
   * Puts a text into the list's input without typing it: whatever takes the focus just then, an editor that opens, say, would get what is typed.
   */
  async #put(text: string): Promise<void> {
    await this.quickInput.evaluate(
      (input: HTMLInputElement, value) => {
        input.value = value;
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      },
      text,
      { timeout: 2000 },
    );
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:not([style*="display: none"]) input.input');
  }

  /** A row of the palette or of a choice. */
  quickRow(text: string | RegExp): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }

  /** Chooses in a list that a command shows. */
  async choose(text: string | RegExp): Promise<void> {
    await this.quickRow(text).click();
  }

  /**
   * Points at something until the hover that opens says this. What moves under the pointer, or opens beside it, closes a hover: so it is
   * pointed at again.
   */
  async hover(target: Locator, text: string | RegExp, milliseconds = 30_000): Promise<void> {
    const said = this.page.locator('.monaco-hover:visible').getByText(text).first();
    const shown = async () => {
      await target.hover();
      try {
        await said.waitFor({ timeout: 5000 });
        return true;
      } catch {
        await this.page.mouse.move(0, 0);
        return false;
      }
    };
    await until(`a hover that says ${text}`, shown, milliseconds);
  }

  async openFile(name: string): Promise<void> {
    const row = this.quickRow(name);
    const opened = this.page.getByRole('tab', { name }).and(this.page.locator('.active'));
    // Quotes keep out files that only have the same letters, which would move the row while more of them are found.
    await this.#find('Control+P', `"${name}"`, row, async () => {
      await row.click({ timeout: 2000 });
      await opened.waitFor({ timeout: 5000 });
    });
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item').filter({ hasText: text }).first();
  }

  /** VS Code shows three at a time. They are gone when this is done: one that came before that would go with them. */
  async clearNotifications(): Promise<void> {
    await this.command('Notifications: Clear All Notifications');
    const left = this.page.locator('.notification-list-item');
    await until('the notifications to be gone', async () => (await left.count()) === 0);
  }

  /** Presses a notification's button. VS Code hides one that has been in sight for some seconds: it is shown again then. */
  async answer(text: string | RegExp, button: string): Promise<void> {
    const notification = this.notification(text);
    await notification.waitFor({ timeout: 10_000 }).catch(() => this.command('Notifications: Show Notifications'));
    await notification.getByRole('button', { name: button }).click();
  }

  /** An item of a tree in the side bar. */
  treeItem(text: string | RegExp): Locator {
    return this.page.locator('.sidebar .monaco-list-row').filter({ hasText: text }).first();
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  async setTheme(theme: Theme): Promise<void> {
    const [name, className] = themes[theme];
    await this.command('Preferences: Color Theme');
    await this.page.getByPlaceholder('Select Color Theme').fill(name);
    await this.quickRow(name).click();
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: screenshotFile(name) });
  }

  /** Leaves the window, and closes its browser. */
  async close(): Promise<void> {
    // As a user leaves it: a connection that just ends could come back, and the server would wait for it.
    if (!this.page.isClosed()) await this.page.goto('about:blank');
    await this.#context.close();
    await this.#browser.close();
  }
}
