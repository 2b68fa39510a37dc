import {
  type SamplesHostMessage,
  type SamplesViewMessage,
  samplesHostMessage,
} from '../../src/protocol/samples-view.ts';
import type { Layout } from './layout.ts';

interface VsCodeApi {
  postMessage(message: SamplesViewMessage): void;
  getState(): unknown;
  setState(state: Layout): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host; VS Code gives its interface out once. */
export const host: VsCodeApi = acquireVsCodeApi();

export function onHostMessage(listener: (message: SamplesHostMessage) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const parsed = samplesHostMessage.safeParse(data);
    if (parsed.success) listener(parsed.data);
    else console.error('The extension sent an unknown message.', parsed.error);
  });
}
