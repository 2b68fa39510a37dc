/** `node test/e2e/measure.ts`: what the editor side costs. Figures, no judgement: the machine may be busy. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from './helpers/chromium.ts';
import { CodeServer } from './helpers/code-server.ts';
import { Dashboard } from './helpers/dashboard.ts';
import { Editor } from './helpers/editor.ts';
import { makeLongRun } from './helpers/long-run.ts';
import { installPackage } from './helpers/package.ts';
import { until } from './helpers/processes.ts';
import { Server } from './helpers/server.ts';
import { install } from './install.ts';

const STEPS = 100_000;

await install();
const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-install-'));
const host = await CodeServer.start({ extensions: installPackage(folder) });
const server = new Server(host);
let editor: Editor | undefined;
try {
  const bytes = await makeLongRun(server.workspace, STEPS);
  report('metrics.jsonl of the long run', `${(bytes / 1e6).toFixed(0)} MB`);
  editor = await Editor.open(server.url, await launchChromium());
  report('the extension itself', await activation(editor));
  await longRun(editor);
} finally {
  await editor?.close();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function activation(editor: Editor): Promise<string> {
  await editor.command('GRPO: Show Debug Information');
  const line = editor.page.locator('.editor-instance .view-line').filter({ hasText: /activation/ });
  await line.waitFor({ timeout: 60_000 });
  const text = (await line.innerText()).replaceAll('\u00a0', ' ');
  await editor.command('View: Revert and Close Editor');
  return text;
}

async function longRun(editor: Editor): Promise<void> {
  const dashboard = new Dashboard(editor);
  const before = await heap(editor);
  await editor.page.addInitScript(noteSnapshot);
  await editor.findCommand('GRPO: Open Dashboard');
  const start = performance.now();
  await editor.page.keyboard.press('Enter');
  await until(
    'the whole run to be drawn',
    () =>
      dashboard
        .run<boolean>(`document.querySelector('.chart-reward [role=slider]')?.ariaValueMax === '${STEPS}'`)
        .catch(() => false),
    120_000,
  );
  await until('pixels', async () => (await dashboard.drawnPixels('reward')) > 100);
  report('100,000 steps: command to drawn', seconds(performance.now() - start));
  report(
    '100,000 steps: first message to drawn',
    seconds(await dashboard.run<number>('window.drawnAt - window.snapshotAt')),
  );
  const after = await heap(editor);
  const mega = (count: number) => `${(count / 1e6).toFixed(0)} MB`;
  report('memory of the webview: objects', mega(after.usedSize - before.usedSize));
  report('memory of the webview: buffers', mega(after.backingStorageSize - before.backingStorageSize));
  await zoom(editor, dashboard);
}

/** Runs in every page, before its scripts: the time of the first message with a run, and of the frame that first shows all of it. */
function noteSnapshot(): void {
  const notes = window as unknown as { snapshotAt?: number; drawnAt?: number };
  const listen = window.addEventListener;
  window.addEventListener = function (
    this: Window,
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: unknown,
  ) {
    if (type !== 'message' || typeof listener !== 'function')
      return listen.call(this, type, listener, options as AddEventListenerOptions);
    return listen.call(
      this,
      type,
      (event: Event) => {
        if ((event as MessageEvent).data?.type === 'snapshot') {
          notes.snapshotAt ??= performance.now();
          const look = () => {
            if (document.querySelector('.chart-reward [role=slider]')?.ariaValueMax === '100000')
              notes.drawnAt ??= performance.now();
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }
        listener.call(this, event);
      },
      options as AddEventListenerOptions,
    );
  } as typeof window.addEventListener;
}

/** Turns the wheel over the reward chart, in and out, and counts frames. */
async function zoom({ page }: Editor, dashboard: Dashboard): Promise<void> {
  const box = (await dashboard.chart('reward').locator('canvas').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await dashboard.run(`(() => { window.frames_ = []; let last = performance.now();
    const tick = (now) => { window.frames_.push(now - last); last = now; window.stop_ || requestAnimationFrame(tick); };
    requestAnimationFrame(tick); })()`);
  await page.keyboard.down('Control');
  for (let turn = 0; turn < 30; turn++) await page.mouse.wheel(0, -100);
  const zoomed = await dashboard.frame.getByText(/^Steps [\d,]+ to [\d,]+$/).innerText();
  for (let turn = 0; turn < 30; turn++) await page.mouse.wheel(0, 100);
  await page.keyboard.up('Control');
  const frames = (await dashboard.run<number[]>('(window.stop_ = true, window.frames_)'))
    .slice(1)
    .sort((a, b) => a - b);
  const at = (share: number) =>
    `${frames[Math.min(frames.length - 1, Math.floor(frames.length * share))]!.toFixed(1)} ms`;
  report(
    `frames while zooming to ${zoomed.toLowerCase()}`,
    `${frames.length}; median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}`,
  );
}

async function heap({ page }: Editor): Promise<{ usedSize: number; backingStorageSize: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const usage = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usage;
}

function report(what: string, figure: string): void {
  console.log(`${what.padEnd(55)} ${figure}`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
