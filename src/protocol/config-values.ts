import * as z from 'zod';

/** Kinds of values that fields of a run config have in common. */
export const positive = z.number().gt(0);
export const nonNegative = z.number().min(0);
export const count = z.int().min(1);
export const share = z.number().min(0).max(1);
export const path = z.string().min(1);
