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

type Listener = (message: HostMessage) => void;
const listeners: { type: HostMessage['type'] | undefined; listener: Listener }[] = [];

/** Messages of one type, for whoever shows what they bring. */
export function onMessage<Type extends HostMessage['type']>(
  type: Type,
  listener: (message: Extract<HostMessage, { type: Type }>) => void,
): void {
  listeners.push({ type, listener: listener as Listener });
}

/** All messages. */
export function onHostMessage(listener: Listener): void {
  listeners.push({ type: undefined, listener });
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const parsed = hostMessage.safeParse(data);
  if (!parsed.success) return console.error('The extension sent an unknown message.', parsed.error);
  const { data: message } = parsed;
  for (const { type, listener } of listeners) if (type === undefined || type === message.type) listener(message);
});
