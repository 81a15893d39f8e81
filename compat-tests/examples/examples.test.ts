import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')
const folder = mkdtempSync(join(tmpdir(), 'ottla-examples-'))
let tarball = ''

const npm = (cwd: string, ...args: string[]): string => {
  // A test runner within a test runner is a run of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return execFileSync('npm', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

before(() => {
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', folder)) as [
    { filename: string },
  ]
  tarball = join(folder, filename)
})

after(() => rmSync(folder, { recursive: true, force: true }))

const names = readdirSync(examples, { withFileTypes: true }).filter(each => each.isDirectory())

for (const { name } of names) {
  test(`the example ${name} passes with the packed tarball`, () => {
    const project = join(folder, name)
    cpSync(join(examples, name), project, {
      recursive: true,
      filter: path => !path.includes('node_modules'),
    })
    const path = join(project, 'package.json')
    const described = JSON.parse(readFileSync(path, 'utf8')) as {
      devDependencies: Record<string, string>
    }
    described.devDependencies.ottla = `file:${tarball}`
    writeFileSync(path, JSON.stringify(described))
    npm(project, 'install', '--no-audit', '--no-fund')
    assert.doesNotThrow(() => npm(project, 'test'), `npm test in examples/${name}`)
  })
}
