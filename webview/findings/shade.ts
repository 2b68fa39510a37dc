import type uPlot from 'uplot';
import { type ChartTheme, translucent } from '../charts/theme.ts';
import type { FindingMark } from './marks.ts';

/** Shades the steps behind the curves. */
export function drawFindings(plot: uPlot, marks: readonly FindingMark[], theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  const [left, right] = [bbox.left, bbox.left + bbox.width];
  ctx.save();
  for (const { from, to, severity } of marks) {
    const start = Math.max(left, plot.valToPos(from, 'x', true));
    const end = Math.min(right, plot.valToPos(to, 'x', true));
    if (end <= left || start >= right) continue;
    const color = theme.severities[severity];
    ctx.fillStyle = translucent(color, theme.highContrast ? 20 : 9);
    ctx.fillRect(start, bbox.top, end - start, bbox.height);
    // Shades may lie over each other: the line says where each begins and ends.
    ctx.fillStyle = translucent(color, theme.highContrast ? 100 : 60);
    ctx.fillRect(start, bbox.top, end - start, 2 * devicePixelRatio);
  }
  ctx.restore();
}
