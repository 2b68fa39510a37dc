import { type DashboardMessage, type HostMessage, hostMessage } from '../src/protocol/dashboard.ts';
import type { Layout } from './layout.ts';

interface VsCodeApi {
  postMessage(message: DashboardMessage): void;
  getState(): unknown;
  setState(state: Layout & { folder: string }): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host; VS Code gives its interface out once. */
export const host: VsCodeApi = acquireVsCodeApi();

export function onHostMessage(listener: (message: HostMessage) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const parsed = hostMessage.safeParse(data);
    if (parsed.success) listener(parsed.data);
    else console.error('The extension sent an unknown message.', parsed.error);
  });
}
