import { delimiter, join } from 'node:path'
import type { Client } from '../matrix/client.js'
import { classesOf, jarsOf } from '../support/maven.js'

const sources = new URL('./src/', import.meta.url)
const frugal = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']

export const java = javaClient({ name: 'Java', folder: 'java', pom: 'newest', groupProtocol: 'classic' })

export const javaConsumerProtocol = javaClient({
  name: 'Java, consumer protocol',
  folder: 'java-consumer-protocol',
  pom: 'newest',
  groupProtocol: 'consumer',
})

export const oldJava = javaClient({
  name: 'Java 2.8',
  folder: 'java-2.8',
  pom: 'oldest',
  groupProtocol: 'classic',
})

/** A column of the Java client: the one source of its driver, compiled against the client that a pom names. */
function javaClient(client: {
  readonly name: string
  readonly folder: string
  readonly pom: 'newest' | 'oldest'
  readonly groupProtocol: 'classic' | 'consumer'
}): Client {
  const { name, folder, pom, groupProtocol } = client
  return {
    name,
    folder,
    language: 'Java',
    needs: [
      ['javac', '-version'],
      ['mvn', '-version'],
    ],
    prepare: () => {
      const jars = join(jarsOf(new URL(`./${pom}/pom.xml`, import.meta.url), `java-${pom}`), '*')
      const classPath = [jars, classesOf(sources, jars, `java-${pom}`)].join(delimiter)
      return ['java', ...frugal, '-cp', classPath, 'Driver', groupProtocol]
    },
  }
}
