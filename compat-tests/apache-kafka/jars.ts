import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { missing } from '../support/tool.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const pom = join(here, 'pom.xml')
const cache = join(here, '../../.cache')
const jars = join(cache, 'apache-kafka')

/** Why Apache Kafka cannot run on this machine, or false. */
export const missingKafka = (): string | false => missing('java', '-version') || missing('mvn', '-version')

let wanted: Promise<string> | null = null

/** The class path of Apache Kafka and its tools; Maven fetches the jars the first time, and when the pom changes. */
export function kafkaClassPath(): Promise<string> {
  wanted ??= copyJars()
  return wanted
}

async function copyJars(): Promise<string> {
  if (!(await isCurrent())) await replaceJars()
  return join(jars, '*')
}

/** The folder of jars carries the pom that it was copied for. */
async function isCurrent(): Promise<boolean> {
  const copiedFor = await readFile(join(jars, 'pom.xml'), 'utf8').catch(() => null)
  return copiedFor === (await readFile(pom, 'utf8'))
}

/** Complete under its name or not there: two test files may want the jars at the same time. */
async function replaceJars(): Promise<void> {
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, 'apache-kafka-'))
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fresh}`]
  await promisify(execFile)('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal])
  await copyFile(pom, join(fresh, 'pom.xml'))
  await rm(jars, { recursive: true, force: true })
  await rename(fresh, jars).catch(async thrown => {
    await rm(fresh, { recursive: true, force: true })
    if (!(await isCurrent())) throw thrown
  })
}
