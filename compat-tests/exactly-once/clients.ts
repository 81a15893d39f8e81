import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { kafkaClassPath } from '../apache-kafka/jars.js'
import { classesOf } from '../support/maven.js'
import type { Command } from './copier.js'

/** The copiers, one for each client: how each is started once it is built. */
export const copiers = {
  kafkajs(): Command {
    const outfile = fileURLToPath(new URL('../../.cache/exactly-once/kafkajs.mjs', import.meta.url))
    const entryPoints = [fileURLToPath(new URL('./kafkajs/copier.ts', import.meta.url))]
    buildSync({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
    return [process.execPath, outfile]
  },

  async java(): Promise<Command> {
    const jars = await kafkaClassPath()
    const classes = classesOf(new URL('./java/', import.meta.url), jars, 'exactly-once')
    const logging = fileURLToPath(new URL('../apache-kafka/log4j2.yaml', import.meta.url))
    const options = ['-Xmx256m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logging}`]
    return ['java', ...options, '-cp', [jars, classes].join(delimiter), 'Copier']
  },
}
