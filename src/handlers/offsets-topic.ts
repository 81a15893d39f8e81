/** Where groups and their committed offsets are kept. */
export const offsetsTopic = '__consumer_offsets'
