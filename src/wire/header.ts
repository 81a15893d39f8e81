import { int16, int32, message, neverCompact, nullable, optional, string } from './schema.js'

/**
 * The header of every request. Version 2, which flexible versions of an API have, adds tags; the client id stays as it
 * was, so that a broker can read it before it knows the version to be flexible.
 */
export const requestHeader = message({
  name: 'RequestHeader',
  versions: [1, 2],
  flexibleSince: 2,
  fields: () => ({
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32, // chosen by the client, repeated in the reply
    clientId: optional(neverCompact(nullable(string)), ''),
  }),
})

/** The header of every reply. Version 1 adds tags. */
export const responseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexibleSince: 1,
  fields: () => ({
    correlationId: int32,
  }),
})
