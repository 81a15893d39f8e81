import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  readonly scripts: { readonly docs: string }
}
const printed = scripts.docs.split(' && ').map(command => command.match(/(\S+\.ts) > (\S+)$/) ?? [])

for (const [, tool = '', document = ''] of printed) {
  test(`${document} is what ${tool} prints`, async () => {
    const args = ['--import', 'tsx', tool]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    assert.equal(readFileSync(root + document, 'utf8'), stdout, `run npm run docs`)
  })
}

test('every link in the documents leads to a file that there is', () => {
  const files = [
    'README.md',
    ...['architecture', 'internals', 'troubleshooting', 'limits', 'instead-of-a-container'].map(
      name => `docs/${name}.md`,
    ),
  ]
  for (const file of files) {
    const text = readFileSync(root + file, 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const path = new URL(target, new URL(file, `file://${root}`))
      assert.doesNotThrow(() => readFileSync(path), `${file} links to ${target}`)
    }
  }
})

/** The sources and folders that a text names: with a folder, below `src` or the root, or by the file's name alone. */
const namedIn = (text: string): string[] =>
  [...text.matchAll(/`([\w./-]+(?:\.ts|\/))`/g)].map(([, path]) => path as string)

const sourceNames = new Set(
  readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).map(path => path.replace(/^.*[\\/]/, '')),
)

const isThere = (path: string): boolean =>
  existsSync(`${root}src/${path}`) || existsSync(root + path) || sourceNames.has(path)

test('every source that a document for contributors names is there', () => {
  for (const file of ['CONTRIBUTING.md', 'docs/architecture.md', 'docs/internals.md', 'bench/NOTES.md']) {
    const named = namedIn(readFileSync(root + file, 'utf8'))
    assert.deepEqual(
      named.filter(path => !isThere(path)),
      [],
      file,
    )
  }
  assert.ok(!isThere('net/no-such-file.ts'))
})
