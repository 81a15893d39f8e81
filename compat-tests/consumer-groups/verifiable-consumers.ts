import { execFileSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaClassPath } from '../apache-kafka/jars.js'
import { cachedFolder, hashOf } from '../support/maven.js'

const source = fileURLToPath(new URL('./VerifiableConsumers.java', import.meta.url))
const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** The command that starts Kafka's VerifiableConsumers as a driver; see VerifiableConsumers.java. */
export async function verifiableConsumers(): Promise<readonly string[]> {
  const jars = await kafkaClassPath()
  const classes = cachedFolder(`verifiable-consumers-${hashOf(source)}`, folder => {
    execFileSync('javac', ['-cp', jars, '-d', folder, source], { stdio: 'inherit' })
  })
  return ['java', ...options, '-cp', [classes, jars].join(delimiter), 'VerifiableConsumers']
}
