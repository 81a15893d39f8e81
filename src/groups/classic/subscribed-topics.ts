import { MalformedMessage, Reader } from '../../wire/reader.js'

/**
 * The topics that a consumer says it subscribes to, null when its metadata is something else. Every
 * version of ConsumerProtocolSubscription begins alike, and no more than that is read:
 *
 *     int16 version | int32 number of topics | each: int16 length, name | ...
 */
export function subscribedTopics(metadata: Buffer): string[] | null {
  const reader = new Reader(metadata)
  try {
    if (reader.int16() < 0) return null
    const count = reader.int32()
    const topics: string[] = []
    for (let i = 0; i < count; i++) topics.push(reader.string(reader.int16()))
    return topics
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return null
    throw thrown
  }
}
