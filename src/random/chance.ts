/** Returns a number in [0, 1), another one each time. */
export const chance: () => number = Math.random
