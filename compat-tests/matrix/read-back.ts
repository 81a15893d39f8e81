import type { Driver } from './driver.js'
import { text, type World } from './world.js'

/** Reads a partition from its beginning, by the client and without a group. */
export async function readBack(
  world: World,
  client: Driver,
  topic: string,
  count: number,
  partition = 0,
): Promise<string[]> {
  const consumer = `reader-${partition}`
  await client.ask('assign', { consumer, topic, partition, offset: 0 })
  const { records } = client.consumer(consumer)
  await world.until(() => records.length >= count, `${count} records are read`)
  await client.ask('close', { consumer })
  return records.map(({ value }) => text(value) as string)
}

/** The values of `numbered`. */
export const expected = (count: number, prefix = 'v'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)
