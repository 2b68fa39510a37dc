import { MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Finding } from '../../protocol/finding.ts';
import { undismissed, urgent } from '../../protocol/keyed-findings.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { formatDuration } from '../../text/duration.ts';
import { shortTime } from '../../text/start-time.ts';
import type { ActiveTraining } from '../workspace/active-training.ts';
import { measureOf, measureSentence } from '../workspace/run-words.ts';

const ICONS: Record<Run['status'], [icon: string, color: string]> = {
  running: ['pulse', 'charts.blue'],
  paused: ['debug-pause', 'charts.yellow'],
  stopping: ['loading~spin', 'charts.blue'],
  interrupted: ['debug-disconnect', 'list.warningForeground'],
  failed: ['error', 'charts.red'],
  stopped: ['debug-stop', 'charts.foreground'],
  done: ['check', 'charts.green'],
};

/** A click shows the run, and keys such as F2 and Delete are still for its row. */
const KEEP_FOCUS = { preserveFocus: true };

/** A run that is done, but not as anyone would want it. */
const NOTHING_LEARNED = ['warning', 'list.warningForeground'] as const;

/** Of one that trains, when its curves show something. */
const FOUND = {
  error: ['error', 'list.errorForeground'],
  warning: ['warning', 'list.warningForeground'],
} as const;

/** A run's row: its name, what it has come to, its tags, when it started, how far it is: a narrow side bar cuts the end off. */
export function runItem(run: Run, active: ActiveTraining | undefined): TreeItem {
  const { folder, name, info, about, status, live } = run;
  const { tags = [], pinned = false } = about;
  const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
  item.id = folder;
  const nothingLearned = status === 'done' ? info.findings?.[0] : undefined;
  const found = active?.folder === folder ? urgent(undismissed(active.findings, about.dismissed)) : [];
  const worst = found[0]?.severity === 'error' ? 'error' : 'warning';
  const [icon, color] = nothingLearned
    ? NOTHING_LEARNED
    : found.length > 0 && status === 'running'
      ? FOUND[worst]
      : ICONS[status];
  item.iconPath = new ThemeIcon(icon, new ThemeColor(color));
  const { maxSteps } = info.config;
  const running = status === 'running' || status === 'paused' || status === 'stopping';
  const left = status === 'running' && active?.folder === folder ? active.progress.secondsLeft : undefined;
  const measure = measureOf(run);
  const steps = `${info.step}/${maxSteps}`;
  const parts = [
    running && !live ? 'elsewhere' : undefined,
    found[0]?.title,
    measure,
    ...tags.map((tag) => `#${tag}`),
    ...(left === undefined ? [shortTime(info.createdAt), steps] : [steps, `${formatDuration(left)} left`]),
  ];
  item.description = parts.filter(isText).join(' · ');
  const state = nothingLearned ? `${status}, nothing learned` : status;
  const spoken = [
    ...[
      name,
      pinned && 'pinned',
      state,
      ...found.map(({ title }) => title),
      `step ${info.step} of ${maxSteps}`,
      measure,
    ],
    tags.length > 0 && `tags ${tags.join(' ')}`,
  ];
  item.accessibilityInformation = { label: spoken.filter(isText).join(', ') };
  item.tooltip = tooltip(run, state, [...(nothingLearned ? [nothingLearned] : []), ...found]);
  const context = contextOf(run, running);
  item.contextValue = pinned ? `${context}.pinned` : context;
  item.command = { title: 'Open Dashboard', command: 'grpo.openDashboard', arguments: [folder, KEEP_FOCUS] };
  return item;
}

/** What the menus of its row go by: nothing pauses or resumes a run that another program trains. */
function contextOf({ info, live, status }: Run, running: boolean): string {
  if (info.imported) return running ? 'run.followed' : 'run.ended.imported';
  if (live) return `run.live.${status}`;
  return running ? 'run.elsewhere' : `run.ended.${status}`;
}

/** What people wrote first; the measure says which one it is. */
function tooltip(run: Run, state: string, findings: readonly Finding[]): MarkdownString {
  const { folder, name, info, about } = run;
  const { tags = [], note } = about;
  const lines = [
    `${name}: ${state}`,
    note,
    tags.length > 0 ? tags.map((tag) => `#${tag}`).join(' ') : undefined,
    ...findings.map(({ evidence }) => evidence),
    measureSentence(run),
    info.reason ?? undefined,
    `started ${shortTime(info.createdAt)}`,
    folder,
  ];
  return new MarkdownString().appendText(lines.filter(isText).join('\n'));
}

const isText = (part: unknown): part is string => typeof part === 'string' && part !== '';
