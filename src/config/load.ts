import { readFileSync } from 'node:fs'
import { ConfigurationError } from './configuration-error.js'
import { parseProperties } from './properties.js'

/** Reads a `server.properties`. */
export function loadProperties(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'))
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new ConfigurationError(
      `The settings in ${path} cannot be read (${why}): name a file that you may read.`,
    )
  }
}
