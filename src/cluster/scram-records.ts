import { bytes, int8, int32, message, string } from '../wire/schema.js'

/** A user got a credential, in place of the one by the same mechanism (KIP-900). */
export const userScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  key: 11,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    name: string,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  }),
})

/** A user lost a credential. */
export const removeUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  key: 22,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    name: string,
    mechanism: int8,
  }),
})
