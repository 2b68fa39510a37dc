const time = (date: Date): string => date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = (date: Date): string => date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });

/** An ISO 8601 time for a list, in the reader's time zone: today's as `14:03`, others as `27 Nov`, those of another year as `27 Nov 2025`. */
export function shortTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  if (date.toDateString() === now.toDateString()) return time(date);
  return date.getFullYear() === now.getFullYear() ? day(date) : `${day(date)} ${date.getFullYear()}`;
}

/** `27 Nov 14:03`, whatever day it is. */
export function dayAndTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${day(date)} ${time(date)}`;
}
