import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missing } from './tool.js'

/** Why Java from the Maven repository cannot be run here, or false. */
export const noMaven = missing('mvn', '--version') || missing('javac', '-version')

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

/** The folder of the jars that a pom.xml asks for, fetched when they are first needed. */
export function jarsOf(pom: URL, name: string): string {
  return cachedFolder(`${name}-jars`, folder => {
    const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime']
    execFileSync('mvn', [...copy, '-f', fileURLToPath(pom), `-DoutputDirectory=${folder}`], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  })
}

/** Several tests may want the same folder at the same time: each fills its own, the first one's stays. */
export function cachedFolder(name: string, fill: (folder: string) => void): string {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const mine = `${folder}-${process.pid}`
  mkdirSync(mine, { recursive: true })
  fill(mine)
  try {
    renameSync(mine, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(mine, { recursive: true })
  }
  return folder
}
