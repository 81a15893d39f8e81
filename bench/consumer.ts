import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import kafkajs, { type Consumer } from 'kafkajs'
import type { Broker as BrokerClass } from '../src/index.js'
import type { Row } from './row.js'

const { Broker } = (await import(new URL('../dist/index.js', import.meta.url).href)) as {
  Broker: typeof BrokerClass
}
let group = 0

/** A consumer that runs and has its first assignment. */
async function started(brokers: string[]): Promise<Consumer> {
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `group-${group++}` })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders' })
  const joined = new Promise<void>(resolve => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.run({ eachMessage: async () => {} })
  await joined
  return consumer
}

const disconnect: Row = {
  name: 'disconnect',
  unit: 'ms of disconnect() of an idle consumer with the default 5 s maxWait (kafkajs)',
  target: 'under 200',
  rounds: 7,
  async measure() {
    await using broker = await Broker.create({ topics: ['orders:3'] })
    const consumer = await started(broker.brokers)
    await new Promise(resolve => setTimeout(resolve, 300))
    const before = performance.now()
    await consumer.disconnect()
    return performance.now() - before
  },
}

const memberScript = `
import kafkajs from 'kafkajs'
const kafka = new kafkajs.Kafka({ brokers: [process.argv[1]], logLevel: 0 })
const consumer = kafka.consumer({ groupId: 'replaced' })
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => console.log(JSON.stringify(payload.memberAssignment.orders ?? [])))
await consumer.connect()
await consumer.subscribe({ topic: 'orders' })
await consumer.run({ eachMessage: async () => {} })
`

/** A member in a process of its own; calls back with the number of partitions of each assignment. */
function member(bootstrap: string, assigned: (partitions: number) => void): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', memberScript, bootstrap], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line =>
    assigned((JSON.parse(line) as number[]).length),
  )
  return child
}

const replaced: Row = {
  name: 'replaced',
  unit: 'ms from SIGKILL of the only member to the process started in its place holding all partitions (kafkajs)',
  target: 'under 2000',
  rounds: 5,
  async measure() {
    await using broker = await Broker.create({ topics: ['orders:4'] })
    const holdsAll = () => {
      let held = () => {}
      const holding = new Promise<void>(resolve => {
        held = resolve
      })
      const child = member(broker.bootstrapServers, partitions => {
        if (partitions === 4) held()
      })
      return { child, holding }
    }
    const first = holdsAll()
    await first.holding
    const before = performance.now()
    first.child.kill('SIGKILL')
    const second = holdsAll()
    await second.holding
    const tookMs = performance.now() - before
    second.child.kill('SIGKILL')
    return tookMs
  },
}

/** The one that stays learns of it with its next heartbeat, every 3 s by default. */
const takenOver: Row = {
  name: 'taken-over',
  unit: 'ms from SIGKILL of one of two members to the other holding all partitions (kafkajs)',
  target: '1 s and a heartbeat interval of the client (3 s)',
  rounds: 5,
  async measure() {
    await using broker = await Broker.create({ topics: ['orders:4'] })
    const shares = [0, 0]
    let changed = () => {}
    const until = (reached: () => boolean) =>
      new Promise<void>(resolve => {
        changed = () => {
          if (reached()) resolve()
        }
        changed()
      })
    const members = [0, 1].map(i =>
      member(broker.bootstrapServers, partitions => {
        shares[i] = partitions
        changed()
      }),
    ) as [ChildProcess, ChildProcess]
    await until(() => shares[0] === 2 && shares[1] === 2)
    const before = performance.now()
    members[0].kill('SIGKILL')
    await until(() => shares[1] === 4)
    const tookMs = performance.now() - before
    members[1].kill('SIGKILL')
    return tookMs
  },
}

export const consumerLatencies: readonly Row[] = [disconnect, replaced, takenOver]
