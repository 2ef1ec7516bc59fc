/**
 * How many of an encoder's groups of pictures a recording lacks. Counted in pictures, not in time: an encoder that is
 * short of processor sends less than it should, and what was not sent is not lost. Pure.
 *
 * @param groupStarts when the first picture of each group was made, in order
 * @param recorded when the first picture of each recorded segment was made, of all encoders
 */
export function missingGroups(groupStarts: readonly number[], recorded: readonly number[]): number {
  return groupStarts.filter((start, index) => {
    const next = groupStarts[index + 1] ?? Infinity;
    const isLast = next === Infinity;
    // Of the last group nobody knows the end here: only its own first picture counts.
    return !recorded.some((time) => (isLast ? time === start : time >= start && time < next));
  }).length;
}
