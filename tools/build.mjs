/**
 * Builds dist/. Without arguments: the library as ESM and CommonJS, the command line, and the types of the public API,
 * one file for each module system. With --start: only what `npm start` runs, and only where a source is newer.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Packages that are bundled, pino among them, ask for Node's own modules by `require`. */
const requireForCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/**
 * The options of both bundles. Code that every start needs is bundled, since a package takes milliseconds to find; the
 * rest is loaded when it is needed.
 */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: Object.keys({ ...dependencies, ...optionalDependencies }),
  logLevel: 'warning',
}

if (process.argv.includes('--start')) {
  if (isStale('dist/main.js')) await buildModules()
} else {
  rmSync('dist', { recursive: true, force: true })
  const [{ metafile }] = await Promise.all([buildModules(), buildCommonJs()])
  writeLicenses(Object.keys(metafile.inputs))
  writeTypes()
}

async function buildModules() {
  const built = await build({
    ...common,
    entryPoints: ['src/index.ts', 'src/main.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    banner: { js: requireForCommonJs },
    metafile: true,
  })
  chmodSync('dist/main.js', 0o755)
  return built
}

async function buildCommonJs() {
  await build({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.cjs',
    format: 'cjs',
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  })
}

/** Writes the licences of the bundled packages, without which they may not be passed on. */
function writeLicenses(inputs) {
  const folders = inputs.flatMap(path => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? [])
  const texts = [...new Set(folders)].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each))
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  })
  writeFileSync('dist/licenses.txt', texts.join('\n---\n\n'))
}

/** The same declarations twice: TypeScript takes the module system from the ending of the file's name. */
function writeTypes() {
  const bundle = 'node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js'
  const options = ['--project', 'tsconfig.build.json', '--export-referenced-types=false', '--no-banner']
  const quiet = ['--silent', '--no-check']
  const args = [bundle, ...options, ...quiet, '-o', 'dist/index.d.ts', 'src/index.ts']
  execFileSync(process.execPath, args, { stdio: 'inherit' })
  writeFileSync('dist/index.d.cts', readFileSync('dist/index.d.ts'))
}

/** True where the build is missing, or older than a source or the description of the package. */
function isStale(built) {
  if (!existsSync(built)) return true
  const builtMs = statSync(built).mtimeMs
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).map(name => join('src', name))
  return [...sources, 'package.json', 'tools/build.mjs'].some(path => statSync(path).mtimeMs > builtMs)
}
