#!/usr/bin/env node
import module from 'node:module'
import { parseArgs } from 'node:util'
import { didYouMean } from './config/did-you-mean.js'
import { version } from './config/load.js'
import type { Durability } from './config/options.js'
import type { Broker, BrokerOptions, NodeListener } from './index.js'
import { isLogLevel, logLevels } from './telemetry/logger.js'
import { stopwatch } from './time/stopwatch.js'

/** Every flag has the name of its value, where it takes one, and one line of help. */
const flags = {
  port: {
    value: 'PORT[,PORT...]',
    help: 'port of the first node, or of each; 9092 by default, 0 for any free one',
  },
  host: { value: 'ADDRESS', help: 'address to listen on, 127.0.0.1 by default' },
  'data-dir': { value: 'FOLDER', help: 'folder of the data, ./ottla-data by default' },
  durability: {
    value: 'cache|fsync',
    help: 'acknowledge a record once the machine has it (the default), or its disk',
  },
  memory: { help: 'keep the data in memory, and lose it at the end' },
  config: { value: 'FILE', help: 'path of a Kafka server.properties' },
  set: { value: 'KEY=VALUE', help: 'set a setting by its Kafka name; may be repeated', multiple: true },
  topic: { value: 'NAME:PARTITIONS[:REPLICATION]', help: 'create a topic; may be repeated', multiple: true },
  brokers: {
    value: 'N|ID,ID[,ID...]',
    help: 'number of nodes, or the id of each; 1 by default, on ports from --port on',
  },
  rack: { value: 'RACK[,RACK...]', help: 'rack of all nodes, or of each' },
  parity: { help: "use Kafka's own defaults throughout" },
  'log-level': { value: 'LEVEL', help: 'silent, error, warn, info (the default) or debug' },
  help: { short: 'h', help: 'print this' },
  version: { short: 'v', help: 'print the version' },
} as const

type Flag = keyof typeof flags
type Values = Partial<Record<Flag, string | boolean | string[]>>

const usage = `ottla starts a Kafka broker.

${Object.entries(flags)
  .map(([name, flag]) => {
    const short = 'short' in flag ? `-${flag.short}, ` : ''
    const value = 'value' in flag ? ` ${flag.value}` : ''
    return `  ${`${short}--${name}${value}`.padEnd(40)}${flag.help}`
  })
  .join('\n')}

Examples:
  ottla --topic orders:6
  ottla --memory --port 0
  ottla --config server.properties --set log.retention.hours=1
  ottla --brokers 3
  ottla --port 9092,9095,9098 --rack a,b,c

Flags win over KAFKA_* variables, these over the file, the file over defaults.
It ends with 0 after a signal, with 2 for a wrong flag or setting, and with 1 for any other reason.`

class WrongUsage extends Error {}

function readFlags(args: string[]): Values {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      {
        type: 'value' in flag ? ('string' as const) : ('boolean' as const),
        multiple: 'multiple' in flag,
        ...('short' in flag && { short: flag.short }),
      },
    ]),
  )
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values as Values
  } catch (thrown) {
    throw new WrongUsage(inOneSentence(thrown as Error))
  }
}

/** Puts what Node says of a flag, which may be several lines of advice on how to quote, into one sentence. */
function inOneSentence({ message }: Error): string {
  const unknown = message.match(/^Unknown option '--([\w-]+)'/)?.[1]
  if (unknown !== undefined) {
    return `Unknown option '--${unknown}'${didYouMean(unknown, Object.keys(flags), 'in brackets').replace("'", "'--")}`
  }
  const name = message.match(/^Option '--([\w-]+)/)?.[1] as Flag | undefined
  const flag = name && flags[name]
  if (!flag) return message.split(/\.\s/)[0] as string
  return 'value' in flag ? `--${name} needs a value: --${name} ${flag.value}` : `--${name} takes no value`
}

function optionsOf(values: Values): BrokerOptions {
  const text = (flag: Flag) => values[flag] as string | undefined
  const texts = (flag: Flag) => (values[flag] as string[] | undefined) ?? []
  return {
    ...given('host', text('host')),
    ...given('dataDir', text('data-dir')),
    ...given('durability', durabilityOf(text('durability'))),
    ...given('config', text('config')),
    ...nodesOf(text('brokers'), text('port'), text('rack')),
    keepAlive: true,
    memory: values.memory === true,
    parity: values.parity === true,
    topics: texts('topic'),
    set: { ...levelOf(text('log-level')), ...Object.fromEntries(texts('set').map(pair)) },
    env: process.env,
    defaults: { port: 9092, dataDir: './ottla-data' },
  }
}

/** Describes the nodes one by one where a flag says something of each. */
function nodesOf(
  brokers: string | undefined,
  port: string | undefined,
  rack: string | undefined,
): Pick<BrokerOptions, 'brokers' | 'port'> {
  const ids = wholeNumbers('brokers', brokers)
  const ports = wholeNumbers('port', port)
  const racks = rack === undefined ? [] : rack.split(',')
  if (racks.includes('')) throw new WrongUsage(`--rack takes names, not '${rack}'`)
  const lists = Object.entries({ brokers: ids, port: ports, rack: racks }).filter(
    ([, list]) => list.length > 1,
  )
  const count = ids.length === 1 ? (ids[0] as number) : (lists[0]?.[1].length ?? 1)
  const odd = lists.find(([, list]) => list.length !== count)
  if (odd) throw new WrongUsage(`--${odd[0]} names ${odd[1].length} nodes, but there are ${count}`)
  const first = ports.length === 1 ? { port: ports[0] as number } : {}
  if (lists.length === 0 && racks.length === 0)
    return { ...first, ...(brokers === undefined ? {} : { brokers: count }) }
  const nodes = Array.from({ length: count }, (_, i) => ({
    ...(ids.length > 1 && { id: ids[i] as number }),
    ...(ports.length > 1 && { port: ports[i] as number }),
    ...(racks.length > 0 && { rack: (racks.length > 1 ? racks[i] : racks[0]) as string }),
  }))
  return { ...first, brokers: nodes }
}

const given = <K extends keyof BrokerOptions>(name: K, value: BrokerOptions[K] | undefined) =>
  value === undefined ? {} : { [name]: value }

function levelOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  if (!isLogLevel(text)) throw new WrongUsage(`--log-level is ${inWords(logLevels)}, not '${text}'`)
  return { 'ottla.log.level': text }
}

const inWords = (all: readonly string[]): string => `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`

function durabilityOf(text: string | undefined): Durability | undefined {
  if (text === undefined || text === 'cache' || text === 'fsync') return text
  throw new WrongUsage(`--durability is cache or fsync, not '${text}'`)
}

function wholeNumbers(flag: Flag, text: string | undefined): number[] {
  return (text?.split(',') ?? []).map(part => {
    if (!/^\d+$/.test(part)) throw new WrongUsage(`--${flag} takes whole numbers, not '${text}'`)
    return Number(part)
  })
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new WrongUsage(`--set takes key=value, not '${text}'`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function banner(broker: Broker): string {
  const { dataDirs, nodes } = broker.options
  const listeners = broker.listeners.map(each => `  listener   ${inOneLine(each, nodes.length > 1)}`)
  return [
    `Ottla ${version()} is ready after ${Math.round(stopwatch())} ms`,
    `  data       ${dataDirs.join(', ') || 'in memory'}`,
    `  nodes      ${nodes.length}`,
    ...listeners,
    `  bootstrap  ${broker.bootstrapServers}`,
  ].join('\n')
}

/** Names the address of a listener, and the one that its clients are told. */
function inOneLine(each: NodeListener, isOneOfMany: boolean): string {
  const { node, rack, name, host, port, advertisedHost, advertisedPort } = each
  const whose = isOneOfMany ? ` of node ${node}${rack === null ? '' : ` in rack ${rack}`}` : ''
  const told = advertisedHost === null ? 'the host that they dialled, port' : `${advertisedHost}:`
  return `${name} ${host || '*'}:${port}${whose}, clients are told ${told}${advertisedHost === null ? ' ' : ''}${advertisedPort}`
}

async function run(): Promise<void> {
  outliveClosedOutput()
  const values = readFlags(process.argv.slice(2))
  if (values.help) return console.log(usage)
  if (values.version) return console.log(version())
  const options = optionsOf(values)
  keepCompiledCode()
  const [{ Broker }, { lookOn, processLogger }] = await Promise.all([
    import('./index.js'),
    import('./telemetry/process-logger.js'),
  ])
  const logger = await processLogger(lookOn(process.stderr, process.env))
  const broker = await Broker.create({ ...options, logger })
  stopOnSignals(broker, logger)
  console.log(banner(broker))
}

/** Lets the broker go on where its terminal is gone, or the program that reads its output: only the output is lost. */
function outliveClosedOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
}

/** Shortens the next start: since Node 22 a folder for temporary files keeps what V8 has compiled. */
function keepCompiledCode(): void {
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
  enableCompileCache?.()
}

/** The first signal stops the broker; the second one does not wait for it. */
function stopOnSignals(broker: Broker, logger: { info(message: string): void }): void {
  const stop = (signal: NodeJS.Signals) => {
    if (broker.state !== 'running') process.exit(1)
    logger.info(`${signal} was received: the broker stops.`)
    broker.stop().catch(thrown => {
      fail(thrown)
      process.exit()
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** Knows the class by its name, as it lies in the part that is loaded after the flags were read. */
const isConfigurationError = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name === 'ConfigurationError'

/** Says why the broker ends. The process ends by itself, once what was logged is out. */
function fail(thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const wrongUsage = thrown instanceof WrongUsage
  console.error(wrongUsage ? `${message}. 'ottla --help' lists what there is.` : message)
  process.exitCode = wrongUsage || isConfigurationError(thrown) ? 2 : 1
}

run().catch(fail)
