import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReferenceBroker } from '../../compat-tests/apache-kafka/reference-broker.js'
import { OttlaProcess } from '../../compat-tests/support/ottla-process.js'

export const brokerNames = ['ottla', 'kafka'] as const
export type BrokerName = (typeof brokerNames)[number]

/** One of the two, in a process of its own with its default settings, its data in a folder that goes with it. */
export interface BrokerUnderTest {
  readonly name: BrokerName
  readonly bootstrap: string
  readonly pid: number
  stop(): Promise<void>
}

/** As kafka-server-start.sh starts it. */
const kafkaJvm = [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
]

export const start: Readonly<Record<BrokerName, () => Promise<BrokerUnderTest>>> = {
  async ottla() {
    const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
    const broker = await OttlaProcess.start('--port', '0', '--data-dir', folder)
    const stop = async () => {
      await broker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    return { name: 'ottla', bootstrap: broker.bootstrap, pid: broker.pid, stop }
  },
  async kafka() {
    const broker = await ReferenceBroker.start({}, { jvm: kafkaJvm })
    return { name: 'kafka', bootstrap: broker.bootstrap, pid: broker.pid, stop: () => broker.stop() }
  },
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
