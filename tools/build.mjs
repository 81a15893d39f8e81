/** Builds dist/: the library as ESM and CommonJS, the command line, and their types. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** What every start needs is bundled, since a package takes milliseconds to find; the rest is loaded when it is needed. */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: Object.keys({ ...dependencies, ...optionalDependencies }),
  logLevel: 'warning',
}

rmSync('dist', { recursive: true, force: true })
await Promise.all([
  build({
    ...common,
    entryPoints: ['src/index.ts', 'src/main.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
  }),
  build({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.cjs',
    format: 'cjs',
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  }),
])
chmodSync('dist/main.js', 0o755)

const tsc = 'node_modules/typescript/bin/tsc'
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

// The same declarations once more, as those of CommonJS modules: TypeScript goes by the nearest package.json.
cpSync('dist/types', 'dist/types-cjs', { recursive: true })
writeFileSync('dist/types-cjs/package.json', '{ "type": "commonjs" }\n')
