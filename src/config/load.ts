import { existsSync, readFileSync } from 'node:fs'
import { ConfigurationError } from './configuration-error.js'
import { type Property, parseProperties } from './properties.js'

/** Reads a `server.properties`. Throws ConfigurationError. */
export function loadProperties(path: string): Property[] {
  return parseProperties(readText(path), path)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new ConfigurationError(
      `The settings in ${path} cannot be read (${why}): name a file that you may read.`,
    )
  }
}

/** The version of this package, whose description lies one or two folders above both the source and the bundle. */
export function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const url = new URL(path, import.meta.url)
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version
  }
  return 'unknown'
}
