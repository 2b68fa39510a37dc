import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import type { TabContext, TabHost } from './tab-host.ts';

export class ConfigHost implements TabHost {
  readonly #context: TabContext;

  constructor(context: TabContext) {
    this.#context = context;
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    this.#context.log.trace(message.type);
    return undefined;
  }

  dispose(): void {}
}
