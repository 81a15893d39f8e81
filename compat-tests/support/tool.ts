import { spawnSync } from 'node:child_process'

/**
 * The reason why a test of this tool cannot run here, or false. In CI a missing tool is a failure, so nothing is
 * skipped there.
 */
export function missing(tool: string, flag: string): string | false {
  if (process.env.CI) return false
  return spawnSync(tool, [flag]).error ? `${tool} is not installed on this machine` : false
}
