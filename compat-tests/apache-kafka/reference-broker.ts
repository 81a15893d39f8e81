import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { newId } from '../../src/random/ids.js'
import { kafkaClassPath } from './jars.js'

const logging = fileURLToPath(new URL('log4j2.yaml', import.meta.url))
const linesKept = 200
const smallHeap = ['-Xmx512m']
const run = promisify(execFile)

interface Surroundings {
  /** A data folder that stays; one that is new to Kafka is formatted. */
  readonly ownData?: string
  /** The options of the virtual machine. */
  readonly jvm?: readonly string[]
  /** Levels of features other than those that Kafka gives a fresh cluster. */
  readonly features?: Readonly<Record<string, number>>
}

/**
 * Apache Kafka as a test's yardstick: one KRaft node, broker and controller at once, on free ports of
 * the loopback interface, its data in a folder that goes with it unless the test has one.
 */
export class ReferenceBroker implements AsyncDisposable {
  #stopping: Promise<void> | null = null

  private constructor(
    private readonly child: ChildProcess,
    private readonly said: readonly string[],
    readonly folder: string,
    /** The folder of its data. */
    readonly dataFolder: string,
    readonly port: number,
  ) {}

  /** Resolves when Kafka says that it has started. `settings` are lines of its server.properties. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    { ownData, jvm = smallHeap, features = {} }: Surroundings = {},
  ): Promise<ReferenceBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'apache-kafka-'))
    const dataFolder = ownData ?? join(folder, 'data')
    try {
      const classPath = await kafkaClassPath()
      const [port, controllerPort] = await freePorts(2)
      const properties = join(folder, 'server.properties')
      await writeFile(
        properties,
        serverProperties(dataFolder, port as number, controllerPort as number, settings),
      )
      if (!existsSync(join(dataFolder, 'meta.properties'))) await format(classPath, properties, features)
      const said: string[] = []
      const child = await launch(classPath, properties, jvm, said)
      return new ReferenceBroker(child, said, folder, dataFolder, port as number)
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true })
      throw thrown
    }
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.child.pid as number
  }

  /** The last lines that it printed. */
  get output(): string {
    return this.said.join('\n')
  }

  /** Stops it as an operator does; its data are there until `stop`. */
  async shutDown(): Promise<void> {
    await end(this.child, 'SIGTERM')
  }

  /** Ends the process and removes its folder and data. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= end(this.child).then(() => rm(this.folder, { recursive: true, force: true }))
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

function serverProperties(
  dataFolder: string,
  port: number,
  controllerPort: number,
  settings: Readonly<Record<string, string>>,
): string {
  const all = {
    'process.roles': 'broker,controller',
    'node.id': '0',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'log.dirs': dataFolder,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    ...settings,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

async function format(
  classPath: string,
  properties: string,
  features: Readonly<Record<string, number>>,
): Promise<void> {
  const levels = Object.entries(features).flatMap(([name, level]) => ['--feature', `${name}=${level}`])
  const args = ['format', '--standalone', '--cluster-id', newId(), '--config', properties, ...levels]
  await run('java', [...smallHeap, '-cp', classPath, 'kafka.tools.StorageTool', ...args])
}

/** Starts the server, and keeps the end of what it prints in `said`. */
async function launch(
  classPath: string,
  properties: string,
  jvm: readonly string[],
  said: string[],
): Promise<ChildProcess> {
  const args = ['-cp', classPath, `-Dlog4j2.configurationFile=${logging}`, 'kafka.Kafka', properties]
  const child = spawn('java', [...jvm, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', line => {
      said.push(line)
      if (said.length > linesKept) said.shift()
      if (line.includes('Kafka Server started')) resolve()
    })
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`Apache Kafka ended with ${code}:\n${said.join('\n')}`)))
  })
  return child
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map(server => once(server.listen(0, '127.0.0.1'), 'listening')))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
