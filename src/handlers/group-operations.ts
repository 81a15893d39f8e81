/** Bits of AclOperation on a group (read, delete, describe, and the same two for its configs): without an authorizer everything is allowed. */
export const groupOperations = 0b110101001000
