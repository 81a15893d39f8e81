import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ServedBroker } from '../../test/support/served-broker.js'
import { type LongestTurn, longestTurnOf } from './longest-turn.js'

/** A crowd of clients, and the settings of the broker that it is let loose on. */
export interface Crowd {
  readonly scene: string
  readonly says: string
  readonly counts: readonly number[]
  readonly set: Readonly<Record<string, string | number>>
}

export const crowds: readonly Crowd[] = [
  {
    scene: 'classic',
    says: 'members of a classic group',
    counts: [3000, 10_000],
    set: {
      'group.min.session.timeout.ms': 1,
      'group.initial.rebalance.delay.ms': 8000,
      'message.max.bytes': 50_000_000,
      'offsets.topic.num.partitions': 1,
    },
  },
  {
    scene: 'consumers',
    says: 'members of a consumer group',
    counts: [3000, 10_000],
    set: {
      'group.consumer.session.timeout.ms': 55_000,
      'group.consumer.min.session.timeout.ms': 1000,
      'group.consumer.heartbeat.interval.ms': 1000,
      'group.consumer.min.heartbeat.interval.ms': 1000,
      'offsets.topic.num.partitions': 1,
    },
  },
  {
    scene: 'expressions',
    says: 'topics, by regular expressions',
    counts: [100_000],
    set: { 'message.max.bytes': 50_000_000 },
  },
  {
    scene: 'offsets',
    says: 'groups of offsets',
    counts: [100_000],
    set: { 'offsets.topic.num.partitions': 1, 'offsets.retention.check.interval.ms': 90_000 },
  },
]

interface Told {
  readonly begins?: string
  readonly forMs?: number
}

/** Lets a crowd loose, and reports the longest turn of each of its steps. */
export async function measureCrowd(
  { scene, set }: Crowd,
  count: number,
  report: (says: string, longest: LongestTurn, seconds: number) => void,
): Promise<void> {
  await using served = await ServedBroker.open({ logger: silent, set })
  const script = fileURLToPath(new URL('./crowd.ts', import.meta.url))
  const args = [String(served.port), scene, String(count)]
  const child = fork(script, args, { execArgv: ['--import', 'tsx', '--max-old-space-size=4096'] })
  const exited = once(child, 'exit')
  let end = () => {}
  child.on('message', ({ begins, forMs }: Told) => {
    if (forMs !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
    else if (begins === undefined) end()
    else {
      const startedMs = performance.now()
      const measured = longestTurnOf(() => new Promise<void>(resolve => (end = resolve)))
      void measured.then(longest => report(begins, longest, (performance.now() - startedMs) / 1000))
    }
    child.send('go on')
  })
  const [code] = await exited
  if (code !== 0) throw new Error(`the crowd of ${scene} ended with ${code}`)
}

const silent = { debug() {}, info() {}, warn() {}, error: console.error }
