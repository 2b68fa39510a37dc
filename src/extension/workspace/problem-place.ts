import { badInputText, type Problem, type SourceLocation } from '../../protocol/errors.ts';

/** The place of a problem, if it is one in a file that an editor can show: no folder, nor an option of the command line. */
export const placeToOpen = ({ place }: Problem): SourceLocation | undefined =>
  place === undefined || place.isFolder || place.option !== undefined ? undefined : place;

/** What is wrong, in words beside which the file is shown or can be opened; where it cannot, they say where. */
export const wordsBesidePlace = (problem: Problem): string =>
  placeToOpen(problem) ? problem.message : badInputText(problem);
