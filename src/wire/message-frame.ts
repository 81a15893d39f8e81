import { requestHeader, responseHeader } from './header.js'
import { LongMessage, Reader } from './reader.js'
import {
  type Api,
  type Decoded,
  type Draft,
  dialectOf,
  type Fields,
  type Pauses,
  type RequestOf,
  type ResponseOf,
} from './schema.js'
import { Writer } from './writer.js'

/** The beginning of every request, whether or not its body can be read. */
export interface RequestHead {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** The offset at which the body begins in the frame. */
  readonly bodyOffset: number
}

/** Reads the header of a frame (without its length); for an API that is not among these as far as its client id. */
export function readRequestHeader(frame: Buffer, apiOfKey: ReadonlyMap<number, Api>): RequestHead {
  const reader = new Reader(frame)
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  reader.offset = 0
  const headerVersion = requestHeaderVersion(apiOfKey.get(apiKey), apiVersion)
  const { correlationId, clientId } = requestHeader.body.read(reader, dialectOf(requestHeader, headerVersion))
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.offset }
}

const requestHeaderVersion = (api: Api | undefined, version: number): number =>
  api && version >= api.flexibleSince ? 2 : 1

/**
 * Returns the version of a response's header. Flexible versions have tags in the header too, except in ApiVersions: its
 * reply must be readable by a client that asked in a version which the broker does not know (KIP-511).
 */
export const responseHeaderVersion = (api: Api, version: number): number =>
  version >= api.flexibleSince && api.name !== 'ApiVersions' ? 1 : 0

/** Encodes a reply without its length, in chunks: record batches are not copied. */
export function encodeResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Buffer[] {
  const writer = responseWriter(api, version, correlationId)
  api.response.write(writer, response, dialectOf(api, version, true))
  return writer.chunks()
}

/** Decodes the body of a request whose header has been read. */
export function decodeRequest<A extends Api>(api: A, head: RequestHead, frame: Buffer): RequestOf<A> {
  const reader = new Reader(frame)
  reader.offset = head.bodyOffset
  return api.request.read(reader, dialectOf(api, head.apiVersion)) as RequestOf<A>
}

/** So many elements of arrays are decoded and encoded at once, which takes a few milliseconds. */
const mostElementsAtOnce = 10_000

/** Decodes the body of a request; null where it is so long that it has to be decoded in turns. */
export function decodeShortRequest<A extends Api>(
  api: A,
  head: RequestHead,
  frame: Buffer,
): RequestOf<A> | null {
  const reader = new Reader(frame, mostElementsAtOnce)
  reader.offset = head.bodyOffset
  try {
    return api.request.read(reader, dialectOf(api, head.apiVersion)) as RequestOf<A>
  } catch (thrown) {
    if (thrown instanceof LongMessage) return null
    throw thrown
  }
}

export async function decodeLongRequest<A extends Api>(
  api: A,
  head: RequestHead,
  frame: Buffer,
  turns: Pauses,
): Promise<RequestOf<A>> {
  const reader = new Reader(frame)
  reader.offset = head.bodyOffset
  const { readInTurns } = api.request
  if (!readInTurns) throw new Error(`a long ${api.name} cannot be read in turns`)
  return (await readInTurns(reader, dialectOf(api, head.apiVersion), turns)) as RequestOf<A>
}

/** Encodes a reply as `encodeResponse` does; null where it is so long that it has to be encoded in turns. */
export function encodeShortResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Buffer[] | null {
  const writer = responseWriter(api, version, correlationId, mostElementsAtOnce)
  try {
    api.response.write(writer, response, dialectOf(api, version, true))
    return writer.chunks()
  } catch (thrown) {
    if (thrown instanceof LongMessage) return null
    throw thrown
  }
}

export async function encodeLongResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
  turns: Pauses,
): Promise<Buffer[]> {
  const writer = responseWriter(api, version, correlationId)
  const { writeInTurns } = api.response
  if (!writeInTurns) throw new Error(`a long answer to ${api.name} cannot be written in turns`)
  await writeInTurns(writer, response, dialectOf(api, version, true), turns)
  return writer.chunks()
}

function responseWriter(api: Api, version: number, correlationId: number, mostElements?: number): Writer {
  const writer = new Writer(undefined, mostElements)
  const header = dialectOf(responseHeader, responseHeaderVersion(api, version))
  responseHeader.body.write(writer, { correlationId }, header)
  return writer
}

/** Encodes a request as a client sends it, without its length. */
export function encodeRequest<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  version: number,
  { correlationId, clientId }: { readonly correlationId: number; readonly clientId: string | null },
  request: Draft<Req>,
): Buffer {
  const writer = new Writer()
  requestHeader.body.write(
    writer,
    { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId },
    dialectOf(requestHeader, requestHeaderVersion(api, version)),
  )
  api.request.write(writer, request, dialectOf(api, version))
  return writer.finish()
}

/** Decodes a response as a client gets it, without its length. */
export function decodeResponse<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  version: number,
  frame: Buffer,
): { readonly correlationId: number; readonly response: Decoded<Res> } {
  const reader = new Reader(frame)
  const header = dialectOf(responseHeader, responseHeaderVersion(api, version))
  const { correlationId } = responseHeader.body.read(reader, header)
  return { correlationId, response: api.response.read(reader, dialectOf(api, version)) }
}
