import * as z from 'zod';

/** Kinds of fields of config.json, with what is said of a wrong one. */
export const count = z.int('must be a positive integer').positive('must be a positive integer');
export const positive = z.number('must be a positive number').positive('must be a positive number');
export const text = z.string('must be a string');
export const flag = z.boolean('must be true or false');
