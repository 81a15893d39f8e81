import { join } from 'node:path'
import { jarsOf, missingMaven } from '../support/maven.js'

/** The reason why Apache Kafka cannot run on this machine, or false. */
export const missingKafka = missingMaven

/** The class path of Apache Kafka and its tools; Maven fetches the jars the first time, and when the pom changes. */
export async function kafkaClassPath(): Promise<string> {
  return join(jarsOf(new URL('./pom.xml', import.meta.url), 'apache-kafka'), '*')
}
