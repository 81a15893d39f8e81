import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ReferenceBroker } from '../../compat-tests/apache-kafka/reference-broker.js'
import { OttlaProcess } from '../../compat-tests/support/ottla-process.js'
import { loopWatch, type Watched, watched } from '../storage/measured-broker.js'
import { PeerProcess } from './peer-process.js'

/** The peers of Ottla: Apache Kafka on disk, kfake in memory, and the least that a program on Node does. */
export const peers = ['kafka', 'kfake', 'node'] as const
export type Peer = (typeof peers)[number]

export const sides = ['ottla', 'peer'] as const
export type Side = (typeof sides)[number]

/**
 * One of the two, in a process of its own with its default settings, its data in a folder that goes with it. Only the
 * files of deleted topics go sooner.
 */
export interface BrokerUnderTest {
  readonly bootstrap: string
  readonly pid: number
  /** Ends the process as an operator does, or as a power cut. */
  end(how: 'stop' | 'kill'): Promise<void>
  /** Starts it again with the data that it has. */
  begin(): Promise<void>
  /** Ends it, and removes its data. */
  discard(): Promise<void>
  /** Resolves once the files of all deleted topics have gone. */
  removed(): Promise<void>
  /** The work of its event loop since the last call; null where nothing watches it. */
  watched(): Promise<Watched | null>
}

interface Running {
  readonly bootstrap: string
  readonly pid: number
  stop(): Promise<unknown>
  kill(): Promise<unknown>
  watched?(): Promise<Watched>
}

/** The options with which kafka-server-start.sh starts it. */
const kafkaJvm = [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
]

const deletion = { 'log.segment.delete.delay.ms': '100' }
const onDisk = (folder: string) => [
  ...['--port', '0', '--data-dir', folder],
  ...Object.entries(deletion).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
]

const launches = {
  ottla: folder => OttlaProcess.start(...onDisk(folder)),
  async 'ottla watched'(folder) {
    const broker = await OttlaProcess.startAfter([loopWatch], ...onDisk(folder))
    const { bootstrap, pid } = broker
    return {
      ...{ bootstrap, pid, watched: () => watched(broker) },
      ...{ stop: () => broker.stop(), kill: () => broker.kill() },
    }
  },
  'ottla in memory': () => OttlaProcess.start('--port', '0', '--memory'),
  async kafka(folder) {
    const broker = await ReferenceBroker.start(deletion, { jvm: kafkaJvm, ownData: folder })
    const { bootstrap, pid } = broker
    const stop = async () => {
      await broker.shutDown()
      await broker.stop()
    }
    return { bootstrap, pid, stop, kill: () => broker.stop() }
  },
  kfake: () => PeerProcess.kfake(),
  node: folder => PeerProcess.node(folder),
} satisfies Record<string, (folder: string) => Promise<Running>>

/** Against a broker in memory Ottla keeps its data there as well. */
export async function start(side: Side, peer: Peer, isWatched = false): Promise<BrokerUnderTest> {
  const ottla = peer === 'kfake' ? 'ottla in memory' : isWatched ? 'ottla watched' : 'ottla'
  const launch: (folder: string) => Promise<Running> = launches[side === 'peer' ? peer : ottla]
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  let running: Running = await launch(folder)
  return {
    get bootstrap() {
      return running.bootstrap
    },
    get pid() {
      return running.pid
    },
    async end(how) {
      await running[how]()
    },
    async begin() {
      running = await launch(folder)
    },
    async discard() {
      await running.kill()
      rmSync(folder, { recursive: true, force: true })
    },
    async removed() {
      while (readdirSync(folder).some(name => name.endsWith('-delete'))) await pause(50)
    },
    watched: async () => (await running.watched?.()) ?? null,
  }
}

/** The kernel's USER_HZ, which is the same on all machines that Node runs on. */
const ticksPerSecond = 100
const userTicks = 11
const systemTicks = 12

/** User and system time of all threads of a process so far. */
export function cpuSeconds({ pid }: Pick<BrokerUnderTest, 'pid'>): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[userTicks]) + Number(fields[systemTicks])) / ticksPerSecond
}

export function residentMb({ pid }: Pick<BrokerUnderTest, 'pid'>): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(status.match(/VmRSS:\s+(\d+)/)?.[1]) / 1024
}
