/** Rows of a list that is refreshed are the same elements, in the right order, with what the user has in them. */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KeyedList } from '../../webview/keyed-list.ts';
import { connectChromium } from './helpers/chromium.ts';
import { shared } from './helpers/shared.ts';

let browser: Browser;
let page: Page;

/** What the page below has. */
interface Item {
  key: string;
  text: string;
}
declare const list: KeyedList<Item>;
declare const counts: { made: number; removed: string[] };

beforeAll(async () => {
  const entry = join(import.meta.dirname, '../../webview/keyed-list.ts');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    globalName: 'keyed',
    write: false,
  });
  browser = await connectChromium(shared().browser);
  page = await browser.newPage();
  await page.setContent('<!DOCTYPE html><ul></ul><p>beside</p>');
  await page.addScriptTag({ content: outputFiles[0]!.text });
});
beforeEach(() =>
  page.evaluate(() => {
    const { KeyedList } = (window as unknown as { keyed: { KeyedList: typeof KeyedListType } }).keyed;
    const parent = document.querySelector('ul')!;
    parent.replaceChildren();
    const counts = { made: 0, removed: [] as string[] };
    const make = ({ key }: Item) => {
      counts.made++;
      const element = document.createElement('li');
      const button = document.createElement('button');
      element.append(button);
      const update = ({ text }: Item) => {
        if (button.textContent !== text) button.textContent = text;
      };
      return { element, update, removed: () => counts.removed.push(key) };
    };
    Object.assign(window, { list: new KeyedList<Item>(parent, ({ key }) => key, make), counts });
  }),
);
afterAll(() => browser?.close());

declare const KeyedListType: typeof KeyedList;

/** Shows these keys, each with its text, and gives back what the list shows. */
const show = (keys: string, suffix = '') =>
  page.evaluate(
    ([all, end]) => {
      list.show([...all!].map((key) => ({ key, text: key + end })));
      return [...document.querySelectorAll('ul button')].map((button) => button.textContent).join(' ');
    },
    [keys, suffix],
  );

test('rows come, go, change and move; each is made once', async () => {
  expect(await show('')).toBe('');
  expect(await show('abc')).toBe('a b c');
  expect(await show('xabyc')).toBe('x a b y c');
  expect(await show('cyx', '!')).toBe('c! y! x!');
  expect(await page.evaluate(() => counts)).toEqual({ made: 5, removed: ['a', 'b'] });
});

test('whatever the order before, it is the new one after, and the focus stays in its row', async () => {
  const wrong = await page.evaluate(() => {
    let state = 12345;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const failures: string[] = [];
    for (let round = 0; round < 500; round++) {
      const keys = [...'abcdefgh'].filter(() => random(3) > 0).sort(() => random(3) - 1);
      const focused = document.activeElement?.textContent;
      list.show(keys.map((key) => ({ key, text: key })));
      const shown = [...document.querySelectorAll('ul button')].map((button) => button.textContent);
      if (shown.join() !== keys.join()) failures.push(`${keys} shown as ${shown}`);
      if (focused && keys.includes(focused) && document.activeElement?.textContent !== focused)
        failures.push(`the focus of ${focused} was lost`);
      const buttons = document.querySelectorAll<HTMLElement>('ul button');
      buttons[random(buttons.length)]?.focus();
    }
    return failures;
  });
  expect(wrong).toEqual([]);
});

test('a selection stays in its row while others change and move', async () => {
  await show('abc');
  const select = () => getSelection()!.selectAllChildren(document.querySelectorAll('ul button')[1]!);
  await page.evaluate(select);
  await show('cxb');
  expect(await page.evaluate(() => getSelection()!.toString())).toBe('b');
});
