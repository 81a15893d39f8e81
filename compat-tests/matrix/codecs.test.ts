import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { OttlaProcess } from '../support/ottla-process.js'
import { startBroker } from './broker.js'
import { missingFor } from './client.js'
import { clients } from './clients.js'
import { Driver, NotExpressible } from './driver.js'
import { Drivers } from './drivers.js'
import { type CodecUse, keepCodecs } from './results.js'
import { type Codec, codecs } from './steps.js'
import { bytes, text, World } from './world.js'

/** The clients that come last in the alphabet may have to be built first. */
const timeout = 900_000
const here = clients.filter(client => !missingFor(client))
const recordsEach = 50

/** A value that is long enough that every codec makes it shorter. */
const value = (writer: string, i: number): string => `${writer} ${i} `.repeat(20)

/** Writes with a codec and returns the values; null where the client lacks the codec. */
async function write(driver: Driver, topic: string, writer: string, codec: Codec): Promise<string[] | null> {
  const values = Array.from({ length: recordsEach }, (_, i) => value(writer, i))
  const records = values.map((each, i) => ({ key: bytes(`k${i}`), value: bytes(each), partition: 0 }))
  try {
    await driver.ask('produce', { topic, codec, records })
    return values
  } catch (error) {
    if (error instanceof NotExpressible) return null
    throw error
  }
}

describe('Every client reads what every other has written, whatever the codec', { timeout }, () => {
  let broker: OttlaProcess
  let world: World
  const drivers = new Map<string, Driver>()
  const kept: Record<string, CodecUse[]> = {}

  before(async () => {
    broker = await startBroker()
    world = new World('codecs', new Drivers([], broker.bootstrap))
    for (const { name, prepare } of here) {
      const driver = await Driver.start(prepare(), broker.bootstrap)
      driver.onChange(world.look)
      drivers.set(name, driver)
    }
  })
  after(async () => {
    await Promise.all([...drivers.values()].map(driver => driver.end()))
    await world?.close(true)
    await broker?.stop()
    if (here.length === clients.length && Object.keys(kept).length === codecs.length) keepCodecs(kept)
  })

  for (const codec of codecs) {
    test(codec, async () => {
      const topic = await world.topic(1, {}, `codec-${codec}`)
      const users: [CodecUse, Driver][] = []
      const written: string[] = []
      for (const { name, cannotRead } of here) {
        const driver = drivers.get(name) as Driver
        const values = await write(driver, topic, name, codec)
        if (!values) continue
        const reason = cannotRead?.[codec]
        users.push([{ client: name, ...(reason && { cannotRead: reason }) }, driver])
        written.push(...values)
      }
      for (const [{ client: name, cannotRead }, driver] of users) {
        if (cannotRead) continue
        const { records } = driver.consumer(topic)
        await driver.ask('assign', { consumer: topic, topic, partition: 0, offset: 0 })
        await world.until(() => records.length >= written.length, `${name} reads everything`)
        await driver.ask('close', { consumer: topic })
        assert.deepEqual(
          records.map(({ value }) => text(value)),
          written,
          `what ${name} read`,
        )
      }
      assert.ok(users.length > 1)
      kept[codec] = users.map(([use]) => use)
    })
  }
})
