import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaClassPath } from '../apache-kafka/jars.js'
import { goDriver, pythonOf } from '../support/build.js'
import { classesOf } from '../support/maven.js'
import type { Command } from './copier.js'
import { javascriptOf } from './javascript.js'

const logging = fileURLToPath(new URL('../apache-kafka/log4j2.yaml', import.meta.url))

/** Options of a small Java that only complains. */
export const quietJava = ['-Xmx256m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logging}`]

/** The copiers, one for each client: how each is started once it is built. */
export const copiers = {
  kafkajs(): Command {
    return [process.execPath, fileURLToPath(javascriptOf('kafkajs/copier'))]
  },

  async java(): Promise<Command> {
    const jars = await kafkaClassPath()
    const classes = classesOf(new URL('./java/', import.meta.url), jars, 'exactly-once')
    return ['java', ...quietJava, '-cp', [jars, classes].join(delimiter), 'Copier']
  },

  confluentKafka(): Command {
    const script = fileURLToPath(new URL('./confluent-kafka/copier.py', import.meta.url))
    return [pythonOf('confluent-kafka'), '-B', script]
  },

  franzGo: (): Command => goDriver('exactly-once/franz-go'),
}
