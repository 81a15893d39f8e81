/**
 * Runs every test below the folders named (or named in part), `test` by default: node tools/test.mjs
 * [--long] [folder...]. With --long the random tests run much longer; OTTLA_TEST_SEED repeats a run.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const given = process.argv.slice(2)
const long = given.includes('--long')
const [root = 'test', ...parts] = given.filter(word => word !== '--long')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join(root, name))
  .filter(path => parts.length === 0 || parts.some(part => path.includes(part)))
  .sort()

if (files.length === 0) {
  console.error(`There is no test in ${root} whose path contains ${parts.join(' or ')}.`)
  process.exit(2)
}

// Compatibility tests build programs into one cache and need the machine to themselves.
const alone = root === 'compat-tests' ? ['--test-concurrency=1'] : []
const args = ['--import', 'tsx', '--test', ...alone, '--test-reporter=spec', ...files]
const env = long ? { ...process.env, OTTLA_TEST_LONG: '1' } : process.env
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env })
process.exit(status ?? 1)
