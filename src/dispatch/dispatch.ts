import type { Connection } from '../handlers/shared/connection.js'
import type { Handler, RequestContext } from '../handlers/shared/handler.js'
import type { Parts } from '../handlers/shared/parts.js'
import { noRoom } from '../memory/reply-budget.js'
import type { RequestQuota } from '../security/quotas/request-quota.js'
import { stopwatch } from '../time/stopwatch.js'
import { Turns } from '../time/turns.js'
import { apiOfKey } from '../wire/apis/index.js'
import { KafkaError } from '../wire/errors.js'
import {
  decodeLongRequest,
  decodeShortRequest,
  encodeLongResponse,
  encodeShortResponse,
  type RequestHead,
  readRequestHeader,
} from '../wire/message-frame.js'
import type { Api, RequestOf, ResponseOf } from '../wire/schema.js'
import { notServed, unsupported } from './refused-requests.js'
import { handlerOf, isOffered } from './served-apis.js'

/**
 * Turns a request frame (without its length) into the chunks of the reply (likewise), or null when no reply is due. A
 * rejection closes the connection.
 */
export type Dispatch = (frame: Buffer, connection: Connection) => Promise<readonly Buffer[] | null>

/** A request up to this size is short. */
const briefBytes = 4096
/** The elements of a long request take up so many bytes of memory for each byte that they were sent in. */
const decodedFactor = 8
/** A reply of unknown length counts so much until its length is known. */
const assumedBytes = 256 * 1024

/**
 * Serves one request: header, version, body, handler, reply. An error that a handler throws becomes an error code in
 * the API's own response. A request that cannot be read at all rejects, which closes the connection.
 */
export function dispatcher(broker: Parts): Dispatch {
  return async (frame, connection) => {
    const head = readRequestHeader(frame, apiOfKey)
    const sinceMs = broker.logger.isDebug ? stopwatch() : null
    const handler = handlerOf(head.apiKey)
    if (!handler) throw notServed(head, frame)
    if (!isOffered(handler.api, head.apiVersion)) return unsupported(handler, head)
    broker.groups.heard(connection, head.clientId ?? '', connection.remoteAddress)
    const mayPass = broker.replyMemory.hasRoomFor(connection) || isBrief(handler, frame)
    const isRoom = mayPass || (await waitForRoom(broker, connection))
    const quota = broker.quotas.of(connection, head, frame.length)
    const short = decodeShortRequest(handler.api, head, frame)
    const request = short ?? (await decodedInTurns(handler, head, frame, broker, connection))
    if (short === null) quota?.begins() // others were served while it was decoded
    const context = contextOf(broker, connection, head, quota)
    let response: ResponseOf<Api> | null
    try {
      if (!isRoom) throw new KafkaError('REQUEST_TIMED_OUT', 'The memory for replies is used up.')
      const handled = handler.handle(request, context)
      quota?.pauses()
      response = handled instanceof Promise ? await handled : handled
    } catch (thrown) {
      response = refused(handler, request, context, thrown)
    }
    if (quota !== null) response = throttled(response, quota, connection)
    if (handler.keepsNothing) connection.free(frame)
    if (sinceMs !== null) sayAnswered(handler, head, sinceMs, broker, connection)
    if (response === null) return null
    const { apiVersion, correlationId } = head
    const reply =
      encodeShortResponse(handler.api, apiVersion, correlationId, response) ??
      encodedInTurns(handler.api, apiVersion, correlationId, response)
    quota?.encoded()
    return reply
  }
}

/** Tells a client that is over its quota how long it has to wait, and sees to it that it does (KIP-219). */
function throttled(
  response: ResponseOf<Api> | null,
  quota: RequestQuota,
  connection: Connection,
): ResponseOf<Api> | null {
  quota.answers(response !== null)
  const { throttleTimeMs } = quota
  if (throttleTimeMs === 0) return response
  connection.mute(throttleTimeMs)
  return response === null ? null : { ...response, throttleTimeMs }
}

function sayAnswered(
  { api }: Handler<Api>,
  { apiVersion, clientId }: RequestHead,
  sinceMs: number,
  { logger }: Parts,
  { id, nodeId, remoteAddress }: Connection,
): void {
  const tookMs = (stopwatch() - sinceMs).toFixed(1)
  logger.debug(
    `${api.name} v${apiVersion} of '${clientId ?? ''}' was handled in ${tookMs} ms (connection ${id} of ${remoteAddress}, node ${nodeId}).`,
  )
}

/**
 * Decodes a long request, which takes up several times the bytes of its frame; they count until the connection is done
 * with it. Its handler begins in a turn of its own, as does the encoding of a long reply: otherwise the rests of turns
 * would add up.
 */
async function decodedInTurns(
  { api }: Handler<Api>,
  head: RequestHead,
  frame: Buffer,
  { requestMemory }: Parts,
  connection: Connection,
): Promise<RequestOf<Api>> {
  const bytes = decodedFactor * frame.length
  requestMemory.take(bytes)
  connection.onSent(() => requestMemory.give(bytes))
  const turns = new Turns()
  const request = await decodeLongRequest(api, head, frame, turns)
  await turns.next()
  return request
}

async function encodedInTurns(api: Api, version: number, correlationId: number, response: ResponseOf<Api>) {
  const turns = new Turns()
  await turns.next()
  return encodeLongResponse(api, version, correlationId, response, turns)
}

/** Tells whether the request and its reply are short: such requests are served whatever is held. */
const isBrief = ({ replyLength }: Handler<Api>, frame: Buffer): boolean =>
  replyLength === 'measured' || (replyLength === 'brief' && frame.length <= briefBytes)

async function waitForRoom({ replyMemory }: Parts, connection: Connection): Promise<boolean> {
  const bytes = await replyMemory.wait(connection, assumedBytes)
  if (bytes !== noRoom) connection.holds(bytes)
  return bytes !== noRoom
}

function refused(handler: Handler<Api>, request: RequestOf<Api>, context: RequestContext, thrown: unknown) {
  const error = context.explain(thrown)
  if (handler.silent?.(request)) throw error
  return handler.refuse(request, error, context.version)
}

function contextOf(
  broker: Parts,
  connection: Connection,
  head: RequestHead,
  quota: RequestQuota | null,
): RequestContext {
  return {
    broker,
    connection,
    version: head.apiVersion,
    clientId: head.clientId,
    quota,
    explain(thrown) {
      if (thrown instanceof KafkaError) return thrown
      broker.logger.error(
        `A request of '${head.clientId ?? ''}' (API ${head.apiKey}, version ${head.apiVersion}) failed; this is a bug of Ottla.`,
        thrown,
      )
      return new KafkaError(
        'UNKNOWN_SERVER_ERROR',
        'The server experienced an unexpected error when processing the request.',
      )
    },
  }
}
