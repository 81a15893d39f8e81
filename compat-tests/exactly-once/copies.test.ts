/**
 * Consume, transform, produce: programs read one topic and write another, their group's offsets in the same
 * transactions, and abort at random. Each record of the input has to be in the output once.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missingKafka } from '../apache-kafka/jars.js'
import { missing } from '../support/tool.js'
import { copiers } from './clients.js'
import { World } from './world.js'

const noKcat = missing('kcat', '-V')

describe('kafkajs', { skip: noKcat }, () => {
  test('copies each record once, whatever it aborts', async t => {
    const world = await World.open(t)
    await world.fill(500)
    const copier = world.start(copiers.kafkajs(), { transactionalId: 'copier', seed: 1 })
    await copier.until('committed', 5)
    await world.fill(500)
    await world.allCopied()
    assert.equal(await copier.stop(), 0)
    assert.ok((await world.checkEachOnce()) > 0, 'something was aborted')
  })
})

describe('Java', { skip: noKcat || missingKafka() }, () => {
  test('two copy each record once, whatever they abort and however they share', async t => {
    const world = await World.open(t)
    await world.fill(1000)
    const java = await copiers.java()
    const first = world.start(java, { transactionalId: 'copier-0', seed: 1 })
    await first.until('committed', 3)
    const second = world.start(java, { transactionalId: 'copier-1', seed: 2 })
    await second.until('ready')
    await world.fill(1000)
    await second.until('committed', 3)
    assert.equal(await first.stop(), 0)
    await world.fill(500)
    await world.allCopied()
    assert.equal(await second.stop(), 0)
    assert.ok((await world.checkEachOnce()) > 0, 'something was aborted')
  })
})
