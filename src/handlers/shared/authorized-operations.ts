/** Bits of AclOperation: without an authorizer every client may do everything that there is to do with a resource. */
export const clusterOperations = 0b1111110100000
export const topicOperations = 0b0110111111000
/** A group can be read, deleted and described; its configs can be described and altered. */
export const groupOperations = 0b110101001000
