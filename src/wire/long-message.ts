/** A message has too many elements to be read or written at once: it has to be begun anew, in steps. */
export class LongMessage extends Error {
  override readonly name = 'LongMessage'
}

/** It is made once, for it is thrown on purpose and nobody looks at where. */
export const longMessage = new LongMessage('a message that is read or written in steps')
