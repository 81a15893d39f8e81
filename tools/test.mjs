/**
 * Runs every test below the folders named (or named in part), `test` by default: node tools/test.mjs
 * [--long] [folder...]. With --long the random tests run much longer; OTTLA_TEST_SEED repeats a run. The last line counts
 * what passed, failed and was skipped.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** A module's own address stays that of its source, beside which it looks for other files. */
const asInSource = {
  name: 'as in source',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
      const contents = readFileSync(path, 'utf8')
      const url = JSON.stringify(pathToFileURL(path).href)
      return { contents: contents.replaceAll('import.meta.url', url), loader: 'ts' }
    })
  },
}

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
const compiled = join('.cache', 'tests', String(process.pid))
process.exitCode = 1
try {
  const built = await compile(files, compiled)
  const closing = join(compiled, 'closing-line')
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout']
  reporters.push('--test-reporter=./tools/closing-line.mjs', `--test-reporter-destination=${closing}`)
  const args = ['--enable-source-maps', '--test', ...alone, ...reporters, ...built]
  const env = long ? { ...process.env, OTTLA_TEST_LONG: '1' } : process.env
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1
  process.stdout.write(readFileSync(closing, 'utf8'))
} finally {
  rmSync(compiled, { recursive: true, force: true })
}

/** Compiles all tests at once with what they share: each test file is a process, and most of its time would go into that. */
async function compile(entryPoints, outdir) {
  await build({
    entryPoints,
    outdir,
    outbase: '.',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    plugins: [asInSource],
    logLevel: 'warning',
  })
  return entryPoints.map(path => join(outdir, path.replace(/\.ts$/, '.mjs')))
}
