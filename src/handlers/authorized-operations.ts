/** Bits of AclOperation: without an authorizer every client may do everything that there is to do with a resource. */
export const clusterOperations = 0b1111110100000
export const topicOperations = 0b0110111111000
/** Read, delete, describe, and the same two for its configs. */
export const groupOperations = 0b110101001000
