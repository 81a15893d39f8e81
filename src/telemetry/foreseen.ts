/**
 * An error that the code counts with: a disk or another broker refused something, or a client asked for what there is
 * not. Its message tells all that there is to tell; where it was thrown helps nobody.
 */
export interface Foreseen extends Error {
  readonly isForeseen: true
}

export const isForeseen = (thrown: unknown): thrown is Foreseen =>
  thrown instanceof Error && (thrown as Partial<Foreseen>).isForeseen === true

/** Ends a sentence with the reason for what it tells: 'It failed.' becomes 'It failed: the disk is full.' */
export const withReason = (sentence: string, { message }: Foreseen): string =>
  `${withoutStop(sentence)}: ${withoutStop(message)}.`

const withoutStop = (text: string): string => text.replace(/\.$/, '')
