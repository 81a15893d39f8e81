import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  damageFile,
  type Found,
  fileKinds,
  fillData,
  findData,
  judge,
  type Verdict,
} from '../../test/support/damaged-data.js'
import { type Damage, damageNames } from '../../test/support/file-damage.js'
import { randomFrom } from '../../test/support/random-runs.js'
import { missingKafka } from '../apache-kafka/jars.js'
import { ReferenceBroker } from '../apache-kafka/reference-broker.js'
import { OttlaProcess } from '../support/ottla-process.js'

const skip = missingKafka()
const long = process.env.OTTLA_TEST_LONG !== undefined
const seed = 20_261_129
const settings = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' }
const stops = ['a clean stop', 'a kill'] as const
/** The time that a broker may take to come up, or to give up. */
const patienceMs = 60_000

interface Running {
  readonly port: number
  readonly output: string
  stop(): Promise<unknown>
}

const brokers: Readonly<Record<string, (folder: string) => Promise<Running>>> = {
  Ottla(folder) {
    const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    return OttlaProcess.start('--port', '0', '--data-dir', folder, '--log-level', 'warn', ...set)
  },
  'Apache Kafka': folder => ReferenceBroker.start(settings, { ownData: folder }),
}

/** One damage for each kind of file that did more than nothing, and more than an error where the file is. */
const short: readonly (readonly [kind: string, damage: Damage, stop: (typeof stops)[number]])[] = [
  ['.log, written', 'cut in half', 'a clean stop'],
  ['.index', 'filled with garbage', 'a clean stop'],
  ['.txnindex', 'deleted', 'a clean stop'],
  ['leader-epoch-checkpoint', 'filled with garbage', 'a clean stop'],
  ['partition.metadata', 'a bit flipped', 'a clean stop'],
  ['recovery-point-offset-checkpoint', 'filled with garbage', 'a clean stop'],
  ['quorum-state', 'cut in half', 'a kill'],
]
const all = stops.flatMap(stop =>
  Object.keys(fileKinds).flatMap(kind => damageNames.map(damage => [kind, damage, stop] as const)),
)

describe('a data directory of which one file is damaged, with Ottla and with Apache Kafka', { skip }, () => {
  let root: string
  const whole: Record<string, Found> = {}

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'damage-'))
    const folder = join(root, 'data')
    const broker = await OttlaProcess.start('--port', '0', '--data-dir', folder, ...set())
    await fillData(broker.port)
    await copied(folder, join(root, 'a kill'))
    await broker.stop()
    await copied(folder, join(root, 'a clean stop'))
    for (const name of Object.keys(brokers)) {
      const copy = join(root, `whole ${name}`)
      await copied(folder, copy)
      whole[name] = await visited(name, copy, findData)
    }
  })
  after(() => rm(root, { recursive: true, force: true }))

  test('both find the same where nothing is damaged', () => {
    assert.deepEqual(whole.Ottla, whole['Apache Kafka'])
  })

  for (const [n, [kind, damage, stop]] of (long ? all : short).entries()) {
    // docs/damage.md is printed from what the long run says: tools/print-damage.ts.
    test(`${kind} ${damage} after ${stop} is no worse with Ottla`, async () => {
      const verdicts: Record<string, Verdict> = {}
      for (const name of Object.keys(brokers)) {
        const folder = join(root, `${n} ${name}`)
        await copied(join(root, stop), folder)
        if (damageFile(folder, kind, damage, randomFrom(seed + 7919 * n)) === null) return
        verdicts[name] = await verdict(name, folder)
        await rm(folder, { recursive: true, force: true })
      }
      const { Ottla: ottla, 'Apache Kafka': kafka } = verdicts as Record<string, Verdict>
      if (long) console.log(`| ${kind} | ${damage} | ${stop} | ${ottla?.says} | ${kafka?.says} |`)
      assert.ok((ottla?.harm ?? 3) <= (kafka?.harm ?? 0), `${ottla?.says} instead of ${kafka?.says}`)
    })
  }

  async function verdict(name: string, folder: string): Promise<Verdict> {
    let port = 0
    try {
      const found = await visited(name, folder, async each => {
        port = each
        return findData(each)
      })
      return judge(whole[name] as Found, found)
    } catch {
      return { harm: 2, says: port === 0 ? 'does not start' : 'serves nobody' }
    }
  }
})

const set = (): string[] => Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])

const copied = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, filter: path => !/\.lock\../.test(path) })

/** Starts a broker on a folder, and ends it when clients have found what they find. */
async function visited<T>(name: string, folder: string, find: (port: number) => Promise<T>): Promise<T> {
  const broker = await within(brokers[name]?.(folder) as Promise<Running>)
  try {
    return await within(find(broker.port))
  } finally {
    await broker.stop()
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
