import { basename } from 'node:path';
import {
  type CancellationToken,
  Disposable,
  Range,
  type TestController,
  type TestItem,
  type TestRun,
  TestRunProfileKind,
  TestRunRequest,
  tests,
  Uri,
  window,
  workspace,
} from 'vscode';
import { singleSpaced } from '../../text/visible.ts';
import { textOf } from '../workspace/documents.ts';
import { EXCLUDED, isExcluded } from '../workspace/excluded.ts';
import { SAMPLES } from '../workspace/links.ts';
import { watchFiles } from '../workspace/watch-files.ts';
import { debugSample, pickFunction } from './debug-sample.ts';
import { readExpectations } from './expectations.ts';
import { judgeBroken, judgeRow } from './judge.ts';
import type { PreviewParts } from './parts.ts';
import type { Preview } from './preview.ts';
import { expectedWord } from './words.ts';

/** A test: what one function, or "total", should give on one row. The line counts from 0. */
interface Expectation {
  file: string;
  name: string;
  line: number;
}

const REREAD_MILLISECONDS = 300;

/** Samples with `expect` in the Test Explorer: file, function, row. */
export class ExpectationTests implements Disposable {
  readonly #extensionPath: string;
  readonly #parts: PreviewParts;
  readonly #controller: TestController;
  readonly #expectations = new WeakMap<TestItem, Expectation>();
  readonly #subscription: Disposable;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(extensionPath: string, parts: PreviewParts) {
    this.#extensionPath = extensionPath;
    this.#parts = parts;
    this.#controller = tests.createTestController('grpo.expectations', 'GRPO Rewards');
    this.#controller.resolveHandler = async (item) => {
      if (!item) await this.#findAll();
    };
    this.#controller.refreshHandler = () => this.#findAll();
    const { Run, Debug } = TestRunProfileKind;
    const run = this.#controller.createRunProfile('Run', Run, (request, token) => this.#run(request, token), true);
    run.supportsContinuousRun = true;
    this.#controller.createRunProfile('Debug', Debug, (request) => this.#debug(request), true);
    this.#subscription = Disposable.from(
      this.#controller,
      watchFiles('**/*.samples.jsonl', (file) => this.#reread(file)),
      workspace.onDidChangeTextDocument(({ document: { uri }, contentChanges }) => {
        if (contentChanges.length > 0 && uri.scheme === 'file') this.#reread(uri.fsPath);
      }),
      window.onDidChangeVisibleTextEditors((editors) => {
        for (const { document } of editors) if (document.uri.scheme === 'file') this.#reread(document.uri.fsPath);
      }),
    );
    for (const { document } of window.visibleTextEditors) this.#reread(document.uri.fsPath);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#subscription.dispose();
  }

  async #findAll(): Promise<void> {
    const found = await workspace.findFiles('**/*.samples.jsonl', EXCLUDED);
    await Promise.all(found.map(({ fsPath }) => this.#read(fsPath)));
  }

  #reread(file: string): void {
    if (!SAMPLES.test(file) || isExcluded(file)) return;
    clearTimeout(this.#timers.get(file));
    this.#timers.set(
      file,
      setTimeout(() => void this.#read(file), REREAD_MILLISECONDS),
    );
  }

  /** Makes a file's tests what its text says now. */
  async #read(file: string): Promise<void> {
    const { items } = this.#controller;
    const expectations = readExpectations(await textOf(file));
    if (expectations.length === 0) {
      items.delete(file);
      return;
    }
    const uri = Uri.file(file);
    const top = items.get(file) ?? this.#controller.createTestItem(file, basename(file), uri);
    const functions = new Map<string, TestItem[]>();
    for (const { name, line, completion, expected } of expectations) {
      const label = `${line + 1}: ${singleSpaced(completion) || '(empty)'}`;
      const item = this.#controller.createTestItem(`${file}\n${name}\n${line}`, label, uri);
      item.description = `${name} ${expectedWord(expected)}`;
      item.range = new Range(line, 0, line, 0);
      this.#expectations.set(item, { file, name, line });
      functions.set(name, [...(functions.get(name) ?? []), item]);
    }
    top.children.replace(
      [...functions].map(([name, rows]) => {
        const item = this.#controller.createTestItem(`${file}\n${name}`, name, uri);
        item.children.replace(rows);
        return item;
      }),
    );
    items.add(top);
  }

  async #run(request: TestRunRequest, token: CancellationToken): Promise<void> {
    if (!request.continuous) return this.#runOnce(request);
    // On change: whatever the previews find anyway.
    const watch = this.#parts.previews.onDidChange((preview) => {
      if (!preview.running && preview.result?.done) this.#report(request, preview);
    });
    token.onCancellationRequested(() => watch.dispose());
  }

  /** Calls everything again: what was kept proves nothing. */
  async #runOnce(request: TestRunRequest): Promise<void> {
    // "Run All" may come before anyone has looked at the tests.
    if (!request.include) await this.#findAll();
    const run = this.#controller.createTestRun(request);
    const wanted = this.#wanted(request);
    for (const { item } of wanted) run.started(item);
    try {
      await this.#parts.subjects.ready;
      for (const file of new Set(wanted.map(({ expectation }) => expectation.file))) {
        const own = wanted.filter(({ expectation }) => expectation.file === file);
        try {
          const subject = this.#parts.subjects.of(file);
          if (!subject) throw new Error('No run config or reward file uses these samples.');
          conclude(run, own, await this.#parts.previews.run(subject, { reuse: false }));
        } catch (error) {
          for (const { item, expectation } of own) judgeBroken(run, item, expectation, (error as Error).message);
        }
      }
    } finally {
      run.end();
    }
  }

  #report(request: TestRunRequest, preview: Preview): void {
    const wanted = this.#wanted(request).filter(({ expectation }) => expectation.file === preview.subject.samples);
    if (wanted.length === 0) return;
    // The editor takes one run's results for a request.
    const tests = wanted.map(({ item }) => item);
    const again = new TestRunRequest(tests, undefined, request.profile, true);
    const run = this.#controller.createTestRun(again, basename(preview.subject.id), false);
    conclude(run, wanted, preview);
    run.end();
  }

  async #debug(request: TestRunRequest): Promise<void> {
    const wanted = this.#wanted(request);
    const [first] = wanted;
    if (!first) return;
    const { file, name, line } = first.expectation;
    const subject = this.#parts.subjects.of(file);
    if (!subject || !workspace.isTrusted) return;
    // Of a row there may be tests of several functions.
    const one = name !== 'total' && wanted.every(({ expectation }) => expectation.name === name);
    const named = one ? name : await pickFunction(this.#parts, subject, file);
    if (named !== undefined) await debugSample(this.#extensionPath, this.#parts, subject, named, line + 1);
  }

  /** The tests under what was asked for, without what was excluded. */
  #wanted({ include, exclude = [] }: TestRunRequest): { item: TestItem; expectation: Expectation }[] {
    const wanted: { item: TestItem; expectation: Expectation }[] = [];
    const visit = (item: TestItem): void => {
      if (exclude.some(({ id }) => id === item.id)) return;
      const expectation = this.#expectations.get(item);
      if (expectation) wanted.push({ item, expectation });
      for (const [, child] of item.children) visit(child);
    };
    if (include) for (const { id } of include) this.#visitById(id, visit);
    else for (const [, item] of this.#controller.items) visit(item);
    return wanted;
  }

  /** Requests that continue while the file is edited name items that have been replaced since. */
  #visitById(id: string, visit: (item: TestItem) => void): void {
    const [file = '', name] = id.split('\n');
    const top = this.#controller.items.get(file);
    const named = name === undefined ? top : top?.children.get(`${file}\n${name}`);
    const found = named && named.id !== id ? named.children.get(id) : named;
    if (found) visit(found);
  }
}

function conclude(run: TestRun, tests: { item: TestItem; expectation: Expectation }[], preview: Preview): void {
  for (const { item, expectation } of tests) judgeRow(run, item, expectation, preview);
}
