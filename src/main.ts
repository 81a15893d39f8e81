#!/usr/bin/env node
import module from 'node:module'
import { parseArgs } from 'node:util'
import { version } from './config/load.js'
import type { Durability } from './config/options.js'
import type { Broker, BrokerOptions } from './index.js'
import { isLogLevel, logLevels } from './telemetry/logger.js'

/** Every flag: its value's name where it has one, and one line of help. */
const flags = {
  port: { value: 'PORT', help: 'port of the first node, 9092 by default; 0 for any free one' },
  host: { value: 'ADDRESS', help: 'address to listen on, 127.0.0.1 by default' },
  'data-dir': { value: 'FOLDER', help: 'where the data lies, ./ottla-data by default' },
  durability: { value: 'cache|fsync', help: 'acknowledge what the machine has (the default), or its disk' },
  memory: { help: 'keep the data in memory, and lose it at the end' },
  config: { value: 'FILE', help: 'a Kafka server.properties' },
  set: { value: 'KEY=VALUE', help: 'a setting by its Kafka name; may be repeated', multiple: true },
  topic: { value: 'NAME:PARTITIONS[:REPLICATION]', help: 'create a topic; may be repeated', multiple: true },
  brokers: { value: 'N', help: 'how many nodes, on N ports from --port on; 1 by default' },
  parity: { help: "Kafka's own defaults throughout" },
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

Flags win over KAFKA_* variables, these over the file, the file over defaults.`

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

/** What Node says of a flag may be several lines of advice on how to quote. */
function inOneSentence({ message }: Error): string {
  const name = message.match(/^Option '--([\w-]+)/)?.[1] as Flag | undefined
  const flag = name && flags[name]
  if (!flag) return message.split(/\.\s/)[0] as string
  return 'value' in flag ? `--${name} needs a value: --${name} ${flag.value}` : `--${name} takes no value`
}

function optionsOf(values: Values): BrokerOptions {
  const text = (flag: Flag) => values[flag] as string | undefined
  const texts = (flag: Flag) => (values[flag] as string[] | undefined) ?? []
  return {
    ...given('port', whole('port', text('port'))),
    ...given('host', text('host')),
    ...given('dataDir', text('data-dir')),
    ...given('durability', durabilityOf(text('durability'))),
    ...given('config', text('config')),
    ...given('brokers', whole('brokers', text('brokers'))),
    memory: values.memory === true,
    parity: values.parity === true,
    topics: texts('topic'),
    set: { ...levelOf(text('log-level')), ...Object.fromEntries(texts('set').map(pair)) },
    env: process.env,
    defaults: { port: 9092, dataDir: './ottla-data' },
  }
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

function whole(flag: Flag, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new WrongUsage(`--${flag} takes a whole number, not '${text}'`)
  return Number(text)
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new WrongUsage(`--set takes key=value, not '${text}'`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function banner(broker: Broker): string {
  const { dataDirs, nodes } = broker.options
  return [
    `Ottla ${version()} is ready after ${Math.round(performance.now())} ms`,
    `  data       ${dataDirs.join(', ') || 'in memory'}`,
    `  nodes      ${nodes}`,
    `  bootstrap  ${broker.bootstrapServers}`,
  ].join('\n')
}

async function run(): Promise<void> {
  outliveClosedOutput()
  const values = readFlags(process.argv.slice(2))
  if (values.help) return console.log(usage)
  if (values.version) return console.log(version())
  const options = optionsOf(values)
  keepCompiledCode()
  const [{ Broker }, { processLogger }] = await Promise.all([
    import('./index.js'),
    import('./telemetry/process-logger.js'),
  ])
  const logger = await processLogger()
  const broker = await Broker.create({ ...options, logger })
  stopOnSignals(broker, logger)
  console.log(banner(broker))
}

/** A terminal that is gone, or a program that no longer reads, takes what would be printed and not the broker. */
function outliveClosedOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
}

/** So that the next start is shorter: since Node 22 it keeps what V8 has compiled in a folder for temporary files. */
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

/** By its name: the class lies in the part that is loaded after the flags were read. */
const isConfigurationError = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name === 'ConfigurationError'

/** The process ends by itself, once what was logged is out. */
function fail(thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const wrongUsage = thrown instanceof WrongUsage
  console.error(wrongUsage ? `${message}. 'ottla --help' lists what there is.` : message)
  process.exitCode = wrongUsage || isConfigurationError(thrown) ? 2 : 1
}

run().catch(fail)
