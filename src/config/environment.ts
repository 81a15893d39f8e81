/** Variables of Kafka's images that mean something to a JVM, a shell script or ZooKeeper. */
const foreign =
  /^KAFKA_(CFG_)?(ZOOKEEPER_|HEAP_OPTS|JVM_|OPTS|JMX_|LOG4J_|GC_LOG|HOME|VERSION|KRAFT_|CLUSTER_ID|ENABLE_KRAFT|BROKER_RACK_AWARE)/

export interface Environment {
  readonly settings: ReadonlyMap<string, string>
  /** The variable that each setting comes from. */
  readonly variables: ReadonlyMap<string, string>
  /** The topics that KAFKA_CREATE_TOPICS lists, each as `name:partitions:replication[:policy]`. */
  readonly topics: readonly string[]
  /** The variables that were seen and have no effect. */
  readonly ignored: readonly string[]
}

/** Reads settings as Kafka's images take them: `KAFKA_LOG_RETENTION_MS`, with `__` for `_` and `___` for `-`. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const settings = new Map<string, string>()
  const variables = new Map<string, string>()
  const ignored: string[] = []
  let topics: string[] = []
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('KAFKA_') || value === undefined) continue
    if (name === 'KAFKA_CREATE_TOPICS') topics = value.split(',').map(topic => topic.trim())
    else if (foreign.test(name)) ignored.push(name)
    else {
      const setting = settingName(name.replace(/^KAFKA_(CFG_)?/, ''))
      settings.set(setting, value)
      variables.set(setting, name)
    }
  }
  return { settings, variables, topics: topics.filter(topic => topic !== ''), ignored }
}

const settingName = (rest: string): string =>
  rest.toLowerCase().replace(/_{1,3}/g, run => ({ 1: '.', 2: '_', 3: '-' })[run.length] as string)
