import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { randomFrom, randomRuns } from '../../test/support/random-runs.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { Committing } from './committing.js'
import { Compacting } from './compacting.js'
import { IdempotentWriting } from './idempotent-writing.js'
import { PlainWriting } from './plain-writing.js'
import { Session } from './session.js'
import { TopicMaking } from './topic-making.js'
import { Transacting } from './transacting.js'
import type { Random, Work } from './work.js'

const { seed = 0, numRuns: kills = 0 } = randomRuns(40, 200)

/** Everything that happens in the background happens often. */
const busy = [
  'log.retention.check.interval.ms=200',
  'log.cleaner.backoff.ms=100',
  'log.segment.delete.delay.ms=100',
  'transaction.state.log.num.partitions=3',
  'offsets.topic.num.partitions=3',
].flatMap(setting => ['--set', setting])

/** Steps of all the works together until the next kill, so that a slow machine does as much as a fast one. */
const leastSteps = 20
const mostSteps = 300
/** The time after the last step within which the kill comes, at any moment of the next one. */
const mostDelayMs = 20

test(`after ${kills} kill -9 in the middle of everything, what was acknowledged is there`, async t => {
  const random = randomFrom(seed)
  const directory = mkdtempSync(join(tmpdir(), 'ottla-kills-'))
  const start = () =>
    OttlaProcess.start('--data-dir', directory, '--port', '0', '--log-level', 'warn', ...busy)
  const works = [
    new PlainWriting(random),
    new IdempotentWriting(random),
    new Committing(),
    new Transacting(random),
    new Compacting(random),
    new TopicMaking(random),
  ]
  let broker = await start()
  try {
    await inSession(broker, works, (work, session) => work.prepare(session))
    for (let kill = 0; kill < kills; kill++) {
      await workUntilKilled(broker, works, random)
      broker = await start()
      await inSession(broker, works, (work, session) => work.check(session))
    }
    assert.equal(await broker.stop(), 0)
    for (const { name, summary } of works) t.diagnostic(`${name}: ${summary}`)
  } finally {
    await broker.kill()
    rmSync(directory, { recursive: true, force: true })
  }
})

async function inSession(
  broker: OttlaProcess,
  works: readonly Work[],
  act: (work: Work, session: Session) => Promise<void>,
): Promise<void> {
  const session = await Session.open(broker.port)
  for (const work of works) await act(work, session)
  session.close()
}

async function workUntilKilled(broker: OttlaProcess, works: readonly Work[], random: Random): Promise<void> {
  let steps = leastSteps + Math.floor(random() * (mostSteps - leastSteps))
  let enough = () => {}
  const worked = new Promise<void>(resolve => {
    enough = resolve
  })
  const running = works.map(work =>
    untilKilled(work, broker, () => {
      steps -= 1
      if (steps === 0) enough()
    }),
  )
  await Promise.race([worked, ...running])
  await delay(random() * mostDelayMs)
  await broker.kill()
  await Promise.all(running)
}

async function untilKilled(work: Work, broker: OttlaProcess, done: () => void): Promise<void> {
  const session = await Session.open(broker.port)
  try {
    for (;;) {
      await work.step(session)
      done()
    }
  } catch (thrown) {
    if (!session.over || broker.running) throw thrown
  } finally {
    session.close()
  }
}
