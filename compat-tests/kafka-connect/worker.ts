import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { JavaProgram } from '../support/java-program.js'
import { JavaStage } from '../support/java-stage.js'
import { jarsOf } from '../support/maven.js'

/** A stage for workers of Kafka Connect. */
export function openStage(t: TestContext, topics: Readonly<Record<string, number>>): Promise<JavaStage> {
  const classPath = join(jarsOf(new URL('./pom.xml', import.meta.url), 'kafka-connect'), '*')
  return JavaStage.open(t, { classPath, logging: new URL('./log4j2.yaml', import.meta.url) }, topics)
}

export type Settings = Readonly<Record<string, string>>

const connectors = 'org.apache.kafka.connect.file'

/** The connector that copies each line of a file to a topic. */
export const sourceOf = (file: string, topic: string): Settings => ({
  name: 'source',
  'connector.class': `${connectors}.FileStreamSourceConnector`,
  file,
  topic,
})

/** The connector that copies each record of a topic to a file. */
export const sinkOf = (topic: string, file: string): Settings => ({
  name: 'sink',
  'connector.class': `${connectors}.FileStreamSinkConnector`,
  topics: topic,
  file,
})

/** Conflict: the workers are sharing out the work; service unavailable: they are starting. */
const busy = new Set([409, 503])

const common = {
  listeners: 'http://127.0.0.1:0',
  'plugin.discovery': 'service_load',
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.flush.interval.ms': '500',
  // The sink's group misses a dead consumer after 6 seconds, not after 45.
  'consumer.session.timeout.ms': '6000',
}

/** A worker of Kafka Connect in a process of its own, and the REST interface that it offers. */
export class Worker {
  private constructor(
    readonly program: JavaProgram,
    private readonly url: string,
  ) {}

  /** Starts a worker that runs the connectors in these files, and keeps the source's offsets in a file. */
  static standalone(stage: JavaStage, ...connectors: Settings[]): Promise<Worker> {
    const settings = { 'offset.storage.file.filename': stage.pathOf('offsets') }
    return Worker.#start(stage, 'ConnectStandalone', settings, connectors)
  }

  /** Starts a worker that shares the work with all others, and keeps everything in the broker. */
  static distributed(stage: JavaStage): Promise<Worker> {
    const storage = ['config', 'offset', 'status'].flatMap(what => [
      [`${what}.storage.topic`, `connect-${what}`],
      [`${what}.storage.replication.factor`, '1'],
    ])
    const settings = {
      ...Object.fromEntries(storage),
      'group.id': 'connect',
      'exactly.once.source.support': 'enabled',
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '1000',
      'scheduled.rebalance.max.delay.ms': '1000',
    }
    return Worker.#start(stage, 'ConnectDistributed', settings, [])
  }

  static async #start(
    stage: JavaStage,
    main: string,
    settings: Settings,
    connectors: readonly Settings[],
  ): Promise<Worker> {
    const own = stage.settings({ 'bootstrap.servers': stage.bootstrap, ...common, ...settings })
    const files = [own, ...connectors.map(connector => stage.settings(connector))]
    const program = stage.run(`org.apache.kafka.connect.cli.${main}`, ...files)
    const line = await program.said('REST server listening at')
    await program.said('REST resources initialized')
    return new Worker(program, /listening at (http:\/\/[\d.]+:\d+)/.exec(line)?.[1] as string)
  }

  /** The name under which other workers know it. */
  get id(): string {
    return this.url.replace('http://', '')
  }

  /** Resolves when the cluster has the connector; asks again while the workers are busy with each other. */
  async configure(settings: Settings): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}/connectors/${settings.name}/config`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(settings),
      })
      if (answer.ok) return
      if (!busy.has(answer.status)) throw new Error(`${answer.status}: ${await answer.text()}`)
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  }

  /** The worker of the connector's task, and the task's state; null as long as there is none. */
  async taskOf(connector: string): Promise<Task | null> {
    const answer = await fetch(`${this.url}/connectors/${connector}/status`)
    if (!answer.ok) return null
    const { tasks } = (await answer.json()) as { tasks: Task[] }
    return tasks[0] ?? null
  }
}

interface Task {
  readonly state: string
  readonly worker_id: string
  readonly trace?: string
}
