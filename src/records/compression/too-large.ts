/** Thrown where compressed bytes hold more than the caller allowed. */
export class TooLarge extends Error {}
