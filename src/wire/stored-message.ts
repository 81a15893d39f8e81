import { MalformedMessage, Reader } from './reader.js'
import { type Decoded, type Draft, dialectOf, type Fields, type Message, type Pauses } from './schema.js'
import { Writer } from './writer.js'

/*
 * The coordinators' journals hold a message in the key or the value of a record:
 *
 *     int16 prefix | the message
 *
 * In a value the prefix is the version of the message. In a key it is the message's own number (`key`
 * of its declaration), and the version is always 0.
 */

export function encodeMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  draft: Draft<F>,
): Buffer {
  const writer = new Writer()
  writer.int16(message.key ?? version)
  message.body.write(writer, draft, dialectOf(message, version))
  return writer.finish()
}

/** Encodes a long message in turns of the event loop, as `encodeMessage` does a short one. */
export async function encodeMessageInTurns<F extends Fields>(
  message: Message<F>,
  version: number,
  draft: Draft<F>,
  turns: Pauses,
): Promise<Buffer> {
  const { writeInTurns } = message.body
  if (!writeInTurns) return encodeMessage(message, version, draft)
  const writer = new Writer()
  writer.int16(message.key ?? version)
  await writeInTurns(writer, draft, dialectOf(message, version), turns)
  return writer.finish()
}

export function decodeMessage<F extends Fields>(message: Message<F>, bytes: Buffer): Decoded<F> {
  const reader = new Reader(bytes)
  const version = versionOf(message, reader.int16())
  return message.body.read(reader, dialectOf(message, version))
}

function versionOf<F extends Fields>({ name, key, versions }: Message<F>, prefix: number): number {
  if (key === undefined && prefix >= versions[0] && prefix <= versions[1]) return prefix
  if (key !== undefined && prefix === key) return versions[0]
  throw new MalformedMessage(`a ${name} that begins with ${prefix}`)
}

/** Returns the number that tells which message a key holds. */
export const keyOf = (bytes: Buffer): number => new Reader(bytes).int16()
