import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** A program of this folder as one file that Node runs as it is, and so starts fast. */
export function javascriptOf(program: string): URL {
  const outfile = new URL(`../../.cache/exactly-once/${program}.mjs`, import.meta.url)
  buildSync({
    entryPoints: [fileURLToPath(new URL(`./${program}.ts`, import.meta.url))],
    outfile: fileURLToPath(outfile),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  })
  return outfile
}
