import * as z from 'zod/mini';
import {
  type PreviewColumns,
  type PreviewPicture,
  type PreviewViewMessage,
  previewViewUpdate,
} from '../../src/protocol/preview-view.ts';

/** How the user left the view. */
const layout = z.object({
  search: z._default(z.string(), ''),
  filter: z._default(z.string(), 'all'),
  /** A column's id, and whether its largest values come first. */
  sort: z._default(z.string(), 'line'),
  descending: z._default(z.boolean(), false),
});
export type Layout = z.infer<typeof layout>;

interface VsCodeApi {
  postMessage(message: PreviewViewMessage): void;
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

export function onUpdate(listener: (update: PreviewPicture | PreviewColumns) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const parsed = previewViewUpdate.safeParse(data);
    if (parsed.success) listener(parsed.data);
    else console.error('The extension sent an unknown message.', parsed.error);
  });
}
