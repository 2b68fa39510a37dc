import { commands, Uri } from 'vscode';
import { diagnoseFolder } from '../../../doctor/read-history.ts';
import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import type { RunFinding } from '../../../protocol/run-finding.ts';
import { changeAbout } from '../../workspace/change-about.ts';
import { placeToOpen } from '../../workspace/problem-place.ts';
import { FindingsFeed } from '../findings-feed.ts';
import { openRewardLine } from '../open-reward-line.ts';
import { shown } from './shown.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** The list of findings in the Overview tab, and what can be done about one. */
export class FindingsHost implements TabHost {
  readonly #context: TabContext;
  readonly #feed: FindingsFeed;

  constructor(context: TabContext) {
    this.#context = context;
    this.#feed = new FindingsFeed({ ...context, diagnose: diagnoseFolder });
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'watchFindings':
        this.#feed.watched = message.watch;
        return Promise.resolve();
      case 'applyRemedy':
        return shown(() => this.#apply(this.#feed.get(message.key)));
      case 'openFinding':
        return shown(() => this.#open(this.#feed.get(message.key)));
      case 'dismissFinding':
        return shown(() => this.#dismiss(message.key, message.dismissed));
      default:
        return undefined;
    }
  }

  ready(): void {
    this.#feed.restart();
  }

  runChanged(): void {
    this.#feed.runChanged();
  }

  dispose(): void {
    this.#feed.dispose();
  }

  async #apply(finding: RunFinding | undefined): Promise<void> {
    const { folder, registry } = this.#context;
    const { remedy } = finding ?? {};
    switch (remedy?.action) {
      case 'set':
        await commands.executeCommand('grpo.changeAndStart', { folder, remedy });
        return;
      case 'resume':
        await commands.executeCommand('grpo.resumeFromCheckpoint', folder);
        return;
      case 'get-model': {
        const run = registry.get(folder);
        if (run) await commands.executeCommand('grpo.getModel', Uri.file(run.info.configFile));
        return;
      }
      case 'set-up-trl':
        await commands.executeCommand('grpo.setUpTrl');
        return;
      case 'fix-reward':
      case 'edit':
        return this.#open(finding);
      case undefined:
        return;
      default:
        return remedy satisfies never;
    }
  }

  /** Shows the place in the user's files that a finding is about. */
  async #open(finding: RunFinding | undefined): Promise<void> {
    const place = finding && placeToOpen({ message: finding.evidence, place: finding.place });
    if (!place) return;
    const { file, line = 1, column = 1 } = place;
    await openRewardLine(this.#context.folder, { file, line, column });
  }

  async #dismiss(key: string, dismissed: boolean): Promise<void> {
    const { folder, registry } = this.#context;
    const others = (registry.get(folder)?.about.dismissed ?? []).filter((other) => other !== key);
    await changeAbout(folder, { dismissed: dismissed ? [...others, key] : others });
  }
}
