import { fileNameOf } from '../../src/text/file-name-of.ts';
import type { ExportKind } from '../charts/actions.ts';
import type { ChartView } from '../charts/chart.ts';
import type { Curves } from '../charts/curves.ts';
import type { ChartDefinition } from '../charts/definitions.ts';
import type { XAxis } from '../charts/x-axis.ts';
import { host } from '../host.ts';
import { chartCsv } from './csv.ts';
import { chartSvg } from './svg.ts';

/** Makes the file; the host asks where to put it. */
export async function exportChart(chart: ChartDefinition, kind: ExportKind, view: ChartView): Promise<void> {
  const { runs, axis, range, log } = view;
  const name = `${fileNameOf(runs[0]!.label)}-${chart.id.replaceAll(/[^\w-]+/g, '-')}`;
  if (kind === 'csv') return save(`${name}.csv`, chartCsv(chart, runs, stepsWithin(runs[0]!.curves, axis, range)));
  const svg = chartSvg(chart, view, log.has(chart.id));
  if (kind === 'svg') return save(`${name}.svg`, svg);
  save(`${name}.png`, await pngOf(svg));
}

/** The steps of a run that are within a range of the x axis. */
function stepsWithin(curves: Curves, axis: XAxis, range: readonly [number, number]): [number, number] {
  const [first, end] = curves.rowsWithin(axis, range);
  const { steps } = curves.columns;
  return first < end ? [steps[first]!, steps[end - 1]!] : [0, -1];
}

function save(name: string, content: string | Uint8Array<ArrayBuffer>): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  host.postMessage({ type: 'save', name, content: bytes });
}

/** Twice the size of the drawing: sharp on paper and on dense screens. */
async function pngOf(svg: string): Promise<Uint8Array<ArrayBuffer>> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The image is too large to export.');
  return new Uint8Array(await blob.arrayBuffer());
}
