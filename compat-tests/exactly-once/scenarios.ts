import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from './copier.js'
import { World } from './world.js'

export interface Client {
  /** Builds its copier, and says how it is started. */
  readonly command: () => Command | Promise<Command>
  /** True where its transactions know the group's generations, so that several members may copy at once (KIP-447). */
  readonly shares: boolean
}

/**
 * Consume, transform, produce: programs read one topic and write another, their group's offsets in the same
 * transactions, and abort at random. Whatever befalls them and the broker, each record of the input has to be
 * in the output once. Registers the tests of one client.
 */
export function exactlyOnce({ command, shares }: Client): void {
  test('each record is copied once, whatever is aborted', async t => {
    const world = await World.open(t)
    await world.fill(500)
    const copier = world.start(await command(), { transactionalId: 'copier', seed: 1 })
    await copier.until('committed', 5)
    await world.fill(500)
    await world.allCopied()
    assert.equal(await copier.stop(), 0)
    assert.ok((await world.checkEachOnce()) > 0, 'something was aborted')
  })

  test('several members share the work', { skip: !shares }, async t => {
    const world = await World.open(t)
    await world.fill(1000)
    const first = world.start(await command(), { transactionalId: 'copier-0', seed: 1 })
    await first.until('committed', 3)
    const second = world.start(await command(), { transactionalId: 'copier-1', seed: 2 })
    await second.until('ready')
    await world.fill(1000)
    await second.until('committed', 3)
    assert.equal(await first.stop(), 0)
    await world.fill(500)
    await world.allCopied()
    assert.equal(await second.stop(), 0)
    await world.checkEachOnce()
  })

  test('what a killed process left open is aborted by the next one', async t => {
    const world = await World.open(t)
    await world.fill(600)
    for (let seed = 1; seed <= 3; seed++) {
      const copier = world.start(await command(), { transactionalId: 'copier', seed })
      await copier.until('committed', 1)
      await copier.hold()
      await copier.kill()
    }
    const last = world.start(await command(), { transactionalId: 'copier', seed: 4 })
    await world.allCopied()
    assert.equal(await last.stop(), 0)
    assert.ok((await world.checkEachOnce()) > 0, 'something was left open')
  })

  test('one that was replaced while it slept cannot commit', async t => {
    const world = await World.open(t)
    await world.fill(300)
    const zombie = world.start(await command(), { transactionalId: 'copier', seed: 1, abortPercent: 0 })
    await zombie.until('committed', 2)
    await zombie.hold()
    zombie.freeze()
    const next = world.start(await command(), { transactionalId: 'copier', seed: 2 })
    await next.until('committed', 2)
    zombie.thaw()
    zombie.go()
    assert.equal(await zombie.over(), 3, 'it was told that it is fenced')
    await world.allCopied()
    assert.equal(await next.stop(), 0)
    await world.checkEachOnce()
  })

  test('a member that sleeps within a transaction holds the others up until that times out', {
    skip: !shares,
  }, async t => {
    const world = await World.open(t, 'transaction.abort.timed.out.transaction.cleanup.interval.ms=500')
    await world.fill(300)
    const timeout = { transactionTimeoutMs: 10_000, abortPercent: 0 }
    const sleeper = world.start(await command(), { transactionalId: 'copier-0', seed: 1, ...timeout })
    await sleeper.until('committed', 2)
    await sleeper.hold()
    sleeper.freeze()
    const stable = await world.read('read_committed')
    const all = await world.read('read_uncommitted')
    const open = [...stable.keys()].filter(partition => all[partition]!.length > stable[partition]!.length)
    assert.ok(open.length > 0, 'it has written what nobody may read yet')
    const next = world.start(await command(), { transactionalId: 'copier-1', seed: 2, ...timeout })
    await next.until('ready') // the group has let go of the sleeper, the transaction has not
    const since = await world.read('read_committed')
    for (const partition of open) assert.deepEqual(since[partition], stable[partition])
    await world.allCopied()
    const before = sleeper.count('committed')
    const over = sleeper.untilNext('fenced', 'aborted')
    sleeper.thaw()
    sleeper.go()
    await over
    assert.equal(sleeper.count('committed'), before)
    await sleeper.kill()
    assert.equal(await next.stop(), 0)
    await world.checkEachOnce()
  })

  test('the broker dies before the first marker of a transaction, and between two', async t => {
    const world = await World.open(t)
    await world.fill(1500)
    const copier = world.keep(await command(), { transactionalId: 'copier', seed: 1 })
    const deaths = await world.crashAtMarkers([7, 10, 5, 8, 11])
    await world.allCopied()
    assert.equal(await copier.stop(), 0)
    await world.checkEachOnce()
    for (const { producer, marked, missing } of deaths) {
      t.diagnostic(`${producer}: marked [${marked.join(', ')}], not ${missing}`)
    }
    assert.ok(
      deaths.some(({ marked }) => marked.length === 0),
      'before the first',
    )
    assert.ok(
      deaths.some(({ marked }) => marked.length > 0),
      'between two',
    )
  })
}
