/**
 * Runs every test below a folder, `test` by default, or those whose path contains one of the parts:
 * node tools/test.mjs [--long] [folder [part...]]. With --long, tests of generated cases run many more of them.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const words = process.argv.slice(2)
const long = words.includes('--long')
const [root = 'test', ...parts] = words.filter(word => word !== '--long')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join(root, name))
  .filter(path => parts.length === 0 || parts.some(part => path.includes(part)))
  .sort()

if (files.length === 0) {
  console.error(`There is no test in ${root} whose path contains ${parts.join(' or ')}.`)
  process.exit(2)
}

const args = ['--import', 'tsx', '--test', '--test-reporter=spec', ...files]
const { status } = spawnSync(process.execPath, args, {
  stdio: 'inherit',
  env: long ? { ...process.env, OTTLA_TEST_LONG: '1' } : process.env,
})
process.exit(status ?? 1)
