import type uPlot from 'uplot';
import type { ChartTheme } from './theme.ts';

/** What is marked on the x axis of every chart. */
export interface Marks {
  /** The step whose completions are open. */
  chosen: number | null;
  changes: readonly { x: number; text: string }[];
}

/** Draws onto a chart its limit, the places where the run changed, and the chosen step. */
export function drawMarks(
  plot: uPlot,
  { chosen, changes }: Marks,
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
