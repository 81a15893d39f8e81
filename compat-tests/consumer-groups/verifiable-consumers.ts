import { delimiter } from 'node:path'
import { kafkaClassPath } from '../apache-kafka/jars.js'
import { classesOf } from '../support/maven.js'

const sources = new URL('./java/', import.meta.url)
const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** The command that starts Kafka's VerifiableConsumers as a driver; see VerifiableConsumers.java. */
export async function verifiableConsumers(): Promise<readonly string[]> {
  const jars = await kafkaClassPath()
  const classes = classesOf(sources, jars, 'verifiable-consumers')
  return ['java', ...options, '-cp', [classes, jars].join(delimiter), 'VerifiableConsumers']
}
