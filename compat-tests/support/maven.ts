import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missing } from './tool.js'

/** The reason why Java from the Maven repository cannot run here, or false. */
export const missingMaven = (): string | false => missing('javac', '-version') || missing('mvn', '-version')

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

/** The folder of the jars that a pom.xml asks for; fetched when they are first needed, and when the pom has changed. */
export function jarsOf(pom: URL, name: string): string {
  return cachedFolder(`${name}-jars-${hashOf(pom)}`, folder => {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
    const args = ['--batch-mode', '--quiet', '--file', fileURLToPath(pom), ...goal]
    execFileSync('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  })
}

/** The folder of the classes of all the Java in `sources`, compiled once for each state of them. */
export function classesOf(sources: URL, classPath: string, name: string): string {
  const files = readdirSync(sources).map(file => fileURLToPath(new URL(file, sources)))
  return cachedFolder(`${name}-classes-${hashOf(...files)}`, folder => {
    execFileSync('javac', ['-cp', classPath, '-d', folder, ...files], { stdio: 'inherit' })
  })
}

function hashOf(...files: readonly (URL | string)[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

/**
 * Puts a folder under its name when it is complete: of two tests that want it at the same time, the first one's stays.
 */
export function cachedFolder(name: string, fill: (folder: string) => void): string {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const mine = `${folder}-${process.pid}`
  mkdirSync(mine, { recursive: true })
  fill(mine)
  try {
    renameSync(mine, folder)
  } catch (error) {
    rmSync(mine, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}
