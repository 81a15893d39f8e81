import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Broker } from '../../src/index.js'
import {
  damageFile,
  type Found,
  fileKinds,
  fillData,
  findData,
  judge,
  type Verdict,
} from '../support/damaged-data.js'
import { type Damage, damageNames } from '../support/file-damage.js'
import { heardBy } from '../support/log-target.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'

const { seed = 1, numRuns: share = 1 } = randomRuns(0.12, 1)
const settings = { 'offsets.topic.num.partitions': 1, 'transaction.state.log.num.partitions': 1 }
const portOf = (broker: Broker): number => Number(broker.brokers[0]?.split(':').at(-1))

/** True for files that hold what no other file does: their damaged content is lost, and the log says so. */
const isLog = (kind: string): boolean => kind.includes('.log')
const mayRefuse = (kind: string): boolean => kind === 'meta.properties' || kind === '__cluster_metadata .log'

/** Starts a broker on the folder and judges the data that clients find, or its refusal to start, with its log lines. */
async function outcome(folder: string, whole: Found): Promise<Verdict & { readonly said: string }> {
  const said: string[] = []
  const note = (message: string) => void said.push(message)
  const logger = heardBy(note)
  try {
    await using broker = await Broker.create({ dataDir: folder, set: settings, logger })
    return { ...judge(whole, await findData(portOf(broker))), said: said.join('\n') }
  } catch (thrown) {
    return { harm: 2, says: 'does not start', said: String(thrown) }
  }
}

describe('a data directory of which one file is damaged', () => {
  let root: string
  let whole: Found

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'ottla-'))
    const dataDir = join(root, 'data')
    const broker = await Broker.create({ dataDir, set: settings })
    await fillData(portOf(broker))
    await cp(dataDir, join(root, 'a kill'), { recursive: true, filter: path => !path.includes('.lock.') })
    await broker.stop()
    await cp(dataDir, join(root, 'a clean stop'), { recursive: true })
    const copy = join(root, 'whole')
    await cp(join(root, 'a clean stop'), copy, { recursive: true })
    await using again = await Broker.create({ dataDir: copy, set: settings })
    whole = await findData(portOf(again))
  })
  after(() => rm(root, { recursive: true, force: true }))

  let n = 0
  for (const kind of Object.keys(fileKinds)) {
    for (const damage of damageNames) {
      for (const stop of ['a clean stop', 'a kill']) {
        const random = randomFrom(seed + 7919 * n++)
        random()
        if (random() < share) test(`${kind} ${damage} after ${stop}`, () => hold(kind, damage, stop, random))
      }
    }
  }

  async function hold(kind: string, damage: Damage, stop: string, random: () => number): Promise<void> {
    const folder = join(root, `${kind} ${damage} ${stop}`.replaceAll(/\W/g, '-'))
    await cp(join(root, stop), folder, { recursive: true })
    const path = damageFile(folder, kind, damage, random)
    if (path === null) return
    const { harm, says, said } = await outcome(folder, whole)
    await rm(folder, { recursive: true, force: true })
    const why = `${path} with seed ${seed}: ${says}\n${said}`
    if (process.env.OTTLA_TEST_LONG)
      console.log(`| ${kind} | ${damage} | ${stop} | ${says} | ${said.split('\n')[0]?.replaceAll(root, '')}`)
    if (harm === 0) return
    // As with Kafka: after a crash nobody can tell whose the records are, for the topic may have been made again.
    if (kind === 'partition.metadata' && stop === 'a kill' && said.includes('-stray')) return
    assert.ok(isLog(kind) || mayRefuse(kind), why)
    const clientIsTold = /^orders: \d+ of \d+ records, then a checksum/.test(says)
    assert.ok(clientIsTold || said.includes(path.split('/')[0] as string), why)
    assert.doesNotMatch(
      says,
      damage === 'deleted' ? /others|not there before/ : /others|not there before|skipped/,
      why,
    )
    if (says === 'does not start') assert.ok(mayRefuse(kind), why)
  }
})
