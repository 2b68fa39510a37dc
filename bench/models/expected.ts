import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/model/config.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { lookupTables } from '../../src/model/lookup-tables.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import { sizeOf } from '../../src/model/shape.ts';
import { gigabytes, type MeasuredModels, WAYS, type Way } from './measured.ts';
import { plannedBytes } from './planned.ts';
import { SHAPES } from './shapes.ts';

/** In words, what a step takes each way: `2.1 GB` where that was measured, else `about 3 GB`. */
export type MemoryWords = Record<Way, string>;

/**
 * What a step of each of the models in `shapes.ts` takes. Where it was not measured it is what the trainer plans for it, and on top of that as much as
 * models that were measured took on top of their plans: a line through these, by the size of the weights that products are taken with.
 */
export function memoryOfModels({ models }: MeasuredModels): Record<string, MemoryWords> {
  const ways = Object.keys(WAYS) as Way[];
  const sizes = new Map(Object.entries(SHAPES).map(([id, { config }]) => [id, sizesOf(configOf(config))]));
  const lines = new Map(
    ways.map((way) => {
      const points = Object.entries(models).flatMap(([id, figures]) => {
        const { planned, multiplied } = sizes.get(id)!;
        return figures[way] ? [{ x: multiplied, y: figures[way].peakBytes - planned[way] }] : [];
      });
      return [way, lineThrough(points)];
    }),
  );
  const words = (id: string, way: Way): string => {
    const measured = models[id]?.[way];
    if (measured) return gigabytes(measured.peakBytes);
    const { planned, multiplied } = sizes.get(id)!;
    return `about ${Math.ceil((planned[way] + lines.get(way)!(multiplied)) / 1e9)} GB`;
  };
  return Object.fromEntries(
    Object.keys(SHAPES).map((id) => [id, Object.fromEntries(ways.map((way) => [way, words(id, way)])) as MemoryWords]),
  );
}

/** Bytes: what is planned each way, and what the weights that products are taken with have in float32. */
function sizesOf(model: ModelConfig) {
  const planned = Object.fromEntries(Object.keys(WAYS).map((way) => [way, plannedBytes(model, way as Way)])) as Record<
    Way,
    number
  >;
  const lookups = lookupTables(model);
  const multiplied = [...parameterShapes(model)].filter(([name]) => !lookups.has(name));
  return { planned, multiplied: 4 * multiplied.reduce((sum, [, shape]) => sum + sizeOf(shape), 0) };
}

/** By least squares; a larger model takes no less on top than the mean. */
function lineThrough(points: readonly { x: number; y: number }[]): (x: number) => number {
  const mean = (of: 'x' | 'y') => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x0, y0] = [mean('x'), mean('y')];
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0);
  const slope = spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread;
  return (x) => y0 + Math.max(0, slope) * (x - x0);
}

function configOf(json: Record<string, unknown>): ModelConfig {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-shape-'));
  try {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
    return readModelConfig(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
