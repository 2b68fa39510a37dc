import { expect, test } from 'vitest';
import { decaysWeight } from '../../../src/model/weight-decay.ts';
import { fixture } from '../grpo/fixture.ts';

test("weight decay spares what transformers' Trainer spares", () => {
  const names = Object.keys(fixture.decay);
  expect(names.length).toBeGreaterThan(30);
  expect(Object.fromEntries(names.map((name) => [name, decaysWeight(name)]))).toEqual(fixture.decay);
});
