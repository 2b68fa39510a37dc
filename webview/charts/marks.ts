import type uPlot from 'uplot';
import type { FindingMark } from '../findings/marks.ts';
import { type ChartTheme, translucent } from './theme.ts';

/** What is marked on the x axis of every chart. */
export interface Marks {
  /** The step whose completions are open. */
  chosen: number | null;
  changes: readonly { x: number; text: string }[];
  /** From where to where each stage goes; none of a run without stages. */
  stages: readonly StageMark[];
  findings: readonly FindingMark[];
}

export interface StageMark {
  from: number;
  to: number;
  name: string;
}

/** The name of the stage that a place on the x axis is in. */
export const stageAt = (stages: readonly StageMark[], x: number): string | undefined =>
  stages.findLast(({ from }) => x >= from)?.name;

/** Room for the names of stages above a plot, in CSS pixels. */
export const STAGES_HEIGHT = 16;
/** Names with less room are left out: their beginning would say nothing. */
const LEAST_ROOM = 24;

/** Draws onto a chart its limit, the places where the run changed, and the chosen step. */
export function drawMarks(
  plot: uPlot,
  { chosen, changes, stages }: Marks,
  limit: { value: number } | undefined,
  theme: ChartTheme,
): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const { min = 0, max = 0 } = plot.scales.x!;
  const isShown = (x: number) => x >= (min ?? 0) && x <= (max ?? 0);
  const upright = (x: number, color: string, dash: number[]): number => {
    const at = Math.round(plot.valToPos(x, 'x', true));
    line(ctx, color, dash, ratio, at, bbox.top, at, bbox.top + bbox.height);
    return at;
  };
  ctx.save();
  const { left, top, width, height } = bbox;
  const px = (x: number) => plot.valToPos(x, 'x', true);
  drawStages(ctx, stages, { box: { left, top, width, height }, px, ratio, theme });
  const scale = plot.scales.y;
  if (limit && scale && limit.value <= (scale.max ?? 0) && limit.value >= (scale.min ?? 0)) {
    const y = Math.round(plot.valToPos(limit.value, 'y', true));
    line(ctx, theme.muted, [4 * ratio, 4 * ratio], ratio, bbox.left, y, bbox.left + bbox.width, y);
  }
  for (const { x } of changes) {
    if (!isShown(x)) continue;
    const at = upright(x, theme.change, [2 * ratio, 2 * ratio]);
    ctx.fillStyle = theme.change;
    ctx.beginPath();
    for (const [dx, dy] of [
      [0, -4],
      [4, 0],
      [0, 4],
      [-4, 0],
    ] as const)
      ctx.lineTo(at + dx * ratio, bbox.top + bbox.height + dy * ratio);
    ctx.fill();
  }
  if (chosen !== null && isShown(chosen)) {
    const at = upright(chosen, theme.cursor, []);
    ctx.fillStyle = theme.cursor;
    ctx.beginPath();
    ctx.moveTo(at - 4 * ratio, bbox.top);
    ctx.lineTo(at + 4 * ratio, bbox.top);
    ctx.lineTo(at, bbox.top + 6 * ratio);
    ctx.fill();
  }
  ctx.restore();
}

interface Room {
  /** Where curves are drawn, in pixels of the canvas; names stand above it. */
  box: { left: number; top: number; width: number; height: number };
  px(x: number): number;
  ratio: number;
  theme: ChartTheme;
}

/** Draws where a stage gives way to the next, and above the plot what each is called. */
export function drawStages(
  ctx: CanvasRenderingContext2D,
  stages: readonly StageMark[],
  { box, px, ratio, theme }: Room,
): void {
  const right = box.left + box.width;
  ctx.font = theme.font.replace(/[\d.]+px/, (size) => `${Number.parseFloat(size) * ratio}px`);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  for (const [index, { from, to, name }] of stages.entries()) {
    const [start, end] = [Math.max(box.left, px(from)), Math.min(right, px(to))];
    if (end <= box.left || start >= right) continue;
    const at = Math.round(start);
    if (index > 0 && start > box.left)
      // Fainter than the line of the chosen step.
      line(
        ctx,
        translucent(theme.muted, theme.highContrast ? 100 : 50),
        [],
        ratio,
        at,
        box.top - STAGES_HEIGHT * ratio,
        at,
        box.top + box.height,
      );
    const room = end - start - 8 * ratio;
    if (room < LEAST_ROOM * ratio) continue;
    ctx.fillStyle = theme.muted;
    ctx.fillText(fitted(ctx, name, room), at + 4 * ratio, box.top - 5 * ratio);
  }
}

function fitted(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 0 && ctx.measureText(`${text.slice(0, end)}…`).width > room) end--;
  return `${text.slice(0, end)}…`;
}

function line(
  ctx: CanvasRenderingContext2D,
  color: string,
  dash: number[],
  width: number,
  ...[x0, y0, x1, y1]: [number, number, number, number]
): void {
  ctx.strokeStyle = color;
  ctx.setLineDash(dash);
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
