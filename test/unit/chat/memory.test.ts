import { expect, test } from 'vitest';
import { checkRoom, freeMemory } from '../../../src/chat/memory.ts';

const cost = { models: 2, bytes: 3e9, available: 4e9, training: false };

test('models that fit are loaded', () => {
  expect(() => checkRoom(cost)).not.toThrow();
  expect(freeMemory()).toBeGreaterThan(0);
});

test('those that do not fit are refused before they are read, with the training named where one runs', () => {
  expect(() => checkRoom({ ...cost, available: 2e9 })).toThrow(
    '2 models take about 3.0 GB of memory, and 2.0 GB are free; close other programs.',
  );
  expect(() => checkRoom({ ...cost, models: 1, available: 2e9, training: true })).toThrow(
    'The model takes about 3.0 GB of memory, and 2.0 GB are free beside the training; wait until the training is done',
  );
});
