import type { RunHead } from '../../src/protocol/dashboard.ts';
import { remedyWords, setWords } from '../../src/protocol/remedy.ts';
import type { RunFinding } from '../../src/protocol/run-finding.ts';

/** What can be done about a finding: with a button, or in words where nothing here can do it. */
export type ShownRemedy = { button: string } | { words: string } | undefined;

export function shownRemedy({ remedy, place }: RunFinding, head: Pick<RunHead, 'imported' | 'trainer'>): ShownRemedy {
  switch (remedy?.action) {
    case 'set':
      // What another program trains, or another window, is not ours to start again.
      if (head.imported || head.trainer === 'other') return { words: remedyWords(remedy) };
      return { button: `${setWords(remedy)} and Start Again` };
    case 'fix-reward':
      return place ? { button: 'Open Reward' } : { words: remedyWords(remedy) };
    case 'edit':
      return { words: remedyWords(remedy) };
    case 'resume':
      return head.imported || head.trainer !== 'none' ? { words: remedyWords(remedy) } : { button: 'Resume' };
    case 'get-model':
      return { button: 'Get Model…' };
    case 'set-up-trl':
      return { button: 'Set Up TRL…' };
    case undefined:
      return undefined;
    default:
      return remedy satisfies never;
  }
}
