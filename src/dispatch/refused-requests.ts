import type { Handler } from '../handlers/shared/handler.js'
import { apiVersions } from '../wire/apis/api-versions.js'
import { KafkaError } from '../wire/errors.js'
import { encodeResponse, type RequestHead } from '../wire/message-frame.js'
import { MalformedMessage } from '../wire/reader.js'
import type { Api } from '../wire/schema.js'
import { newestOffered } from './served-apis.js'

const saslHandshake = 17
const saslAuthenticate = 36
const longestMechanism = 64

/**
 * Refuses a request of an API that is not served. A client that wants to log in is the usual case, so that it is told
 * apart.
 */
export function notServed({ apiKey, bodyOffset }: RequestHead, frame: Buffer): MalformedMessage {
  if (apiKey !== saslHandshake && apiKey !== saslAuthenticate) {
    return new MalformedMessage(`a request of API ${apiKey}, which is not served`)
  }
  const length = frame.length >= bodyOffset + 2 ? frame.readInt16BE(bodyOffset) : 0
  const isNamed = apiKey === saslHandshake && length > 0 && length <= longestMechanism
  const mechanism = isNamed ? ` by ${frame.toString('utf8', bodyOffset + 2, bodyOffset + 2 + length)}` : ''
  return new MalformedMessage(
    `a request to log in${mechanism}, but SASL is not served: its client has to use security.protocol=PLAINTEXT`,
  )
}

/** Refuses a version. Only ApiVersions can be answered in a version that the client did not ask for. */
export function unsupported(handler: Handler<Api>, head: RequestHead): readonly Buffer[] {
  const { api } = handler
  if (api.key !== apiVersions.key) {
    throw new MalformedMessage(
      `${api.name} in version ${head.apiVersion}; it is served in versions ${api.versions[0]} to ${newestOffered(api)}`,
    )
  }
  const response = handler.refuse({}, new KafkaError('UNSUPPORTED_VERSION'), head.apiVersion)
  return encodeResponse(api, 0, head.correlationId, response)
}
