import * as z from 'zod/mini';
import {
  type SamplesHostMessage,
  type SamplesViewMessage,
  samplesHostMessage,
} from '../../src/protocol/samples-view.ts';

/** How the user left the view. */
const layout = z.object({
  search: z._default(z.string(), ''),
  filter: z._default(z.string(), 'all'),
  /** Only samples of this prompt, by its key. */
  prompt: z._default(z.nullable(z.string()), null),
  sort: z._default(z.string(), 'line'),
  descending: z._default(z.boolean(), false),
  /** Samples of one prompt together, under a heading. */
  grouped: z._default(z.boolean(), true),
  /** Completions in the letters of prose rather than of code. */
  prose: z._default(z.boolean(), false),
  /** What is open: an entry's key. */
  open: z._default(z.nullable(z.string()), null),
});
export type Layout = z.infer<typeof layout>;

interface VsCodeApi {
  postMessage(message: SamplesViewMessage): void;
  getState(): unknown;
  setState(state: Layout): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host; VS Code gives its interface out once. */
export const host: VsCodeApi = acquireVsCodeApi();

/** What was kept; of another release and not fitting, the defaults. */
export function restoreLayout(): Layout {
  const parsed = layout.safeParse(host.getState() ?? {});
  return parsed.success ? parsed.data : layout.parse({});
}

export function onHostMessage(listener: (message: SamplesHostMessage) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const parsed = samplesHostMessage.safeParse(data);
    if (parsed.success) listener(parsed.data);
    else console.error('The extension sent an unknown message.', parsed.error);
  });
}
