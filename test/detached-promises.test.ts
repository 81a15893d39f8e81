import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'

/*
 * A promise that nobody awaits ends the process when it rejects. Work without a caller is run by Background, which
 * catches and tries again. This test reads the sources without their types: a function counts as one that gives a
 * promise when it is async or says so, and its name is looked up in its own file where it is private or a method of
 * `this`, and among all names otherwise.
 */

/** Background itself, and chains that end in a handler of their own which does not throw. */
const allowed = new Set([
  'src/telemetry/background.ts: void this.#attempt(name, work)',
  // The process ends anyway, and says why.
  'src/main.ts: broker.stop().catch(thrown => {',
  'src/main.ts: run().catch(fail)',
  // The connection is refused.
  'src/net/client-connection.ts: this.#serve().catch(thrown => this.#refuse(thrown))',
  // What is not removed is tried again by the next start; a sync that fails takes its directory offline itself.
  'src/log/log-directory.ts: files.removeSlowly(this.pathOf(folder)).catch(thrown => {',
  'src/log/open-files.ts: files.removeSlowly(this.path + deletedSuffix).catch(() => {})',
  'src/log/partition-log.ts: this.sync().catch(() => {})',
  'src/time/patience.ts: work.then(over, over)',
])

/** No caller awaits the callbacks of these. */
const callsBack = new Set(['on', 'once', 'after', 'setTimeout', 'setImmediate', 'forEach', 'onChange'])
/** Methods of Node that give no promise and are called like some of ours that do. */
const ofNode = new Set(['copy', 'pause', 'listen'])
/** Objects of Node whose methods give no promises. */
const objectsOfNode = new Set(['Atomics'])
const chains = new Set(['then', 'catch', 'finally'])

interface Found {
  readonly path: string
  readonly file: ts.SourceFile
}

const sources: Found[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => posix.join('src', name.replaceAll('\\', '/')))
  .map(path => ({
    path,
    file: ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true),
  }))

/** The names of functions: do all functions of a name return promises, or only some? */
type Names = Map<string, 'all' | 'some' | 'none'>

function namesOf(file: ts.SourceFile, names: Names = new Map()): Names {
  visit(file, node => {
    const isNamed =
      ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node)
    const value = ts.isVariableDeclaration(node) ? node.initializer : undefined
    const made = value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? value : undefined
    if (!isNamed && !made) return
    const name = (node as ts.NamedDeclaration).name?.getText() ?? ''
    const says = givesPromise(made ?? (node as ts.FunctionLikeDeclaration)) ? 'all' : 'none'
    const known = names.get(name)
    names.set(name, known === undefined || known === says ? says : 'some')
  })
  return names
}

function givesPromise(made: ts.SignatureDeclaration): boolean {
  const isAsync = ts.canHaveModifiers(made)
    ? ts.getModifiers(made)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)
    : false
  return isAsync === true || made.type?.getText().startsWith('Promise<') === true
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, each => visit(each, see))
}

const everywhere: Names = new Map()
for (const { file } of sources) namesOf(file, everywhere)

/** The text of the expressions in a file that leave a promise detached. */
function detachedIn({ file }: Pick<Found, 'file'>, all: Names = everywhere): string[] {
  const own = namesOf(file)
  const wrong: string[] = []
  const isPromise = (node: ts.Expression): boolean => {
    if (!ts.isCallExpression(node)) return false
    const { expression } = node
    if (ts.isIdentifier(expression)) return (own.get(expression.text) ?? all.get(expression.text)) === 'all'
    if (!ts.isPropertyAccessExpression(expression)) return false
    const name = expression.name.getText()
    if (objectsOfNode.has(expression.expression.getText())) return false
    if (chains.has(name)) return true
    const isOwn = expression.expression.kind === ts.SyntaxKind.ThisKeyword
    return (isOwn ? own.get(name) : ofNode.has(name) ? 'none' : all.get(name)) === 'all'
  }
  visit(file, node => {
    if (ts.isExpressionStatement(node) && isPromise(node.expression)) wrong.push(node.expression.getText())
    else if (ts.isVoidExpression(node) && isPromise(node.expression)) wrong.push(node.getText())
    else if (ts.isCallExpression(node) && callsBack.has(nameOf(node.expression))) {
      for (const each of node.arguments) {
        if (!ts.isArrowFunction(each) && !ts.isFunctionExpression(each)) continue
        const gives = ts.isBlock(each.body) ? false : isPromise(each.body)
        if (gives || givesPromise(each)) wrong.push(node.getText())
      }
    }
  })
  return wrong.map(text => (text.split('\n')[0] ?? '').trim())
}

const nameOf = (callee: ts.Expression): string =>
  ts.isPropertyAccessExpression(callee) ? callee.name.getText() : callee.getText()

test('no promise is detached but through Background', () => {
  const wrong = sources.flatMap(source => detachedIn(source).map(text => `${source.path}: ${text}`))
  assert.deepEqual(
    wrong.filter(each => !allowed.has(each)),
    [],
  )
  assert.deepEqual(
    [...allowed].filter(each => !wrong.includes(each)),
    [],
    'what is not there any more need not be allowed',
  )
})

for (const text of [
  'async function work() {}\nwork()',
  'async function work() {}\nvoid work()',
  'class A { async #work() {}\n go() { void this.#work() } }',
  'class A { work(): Promise<void> { return x }\n go() { this.work() } }',
  'x.then(y)',
  'x.catch(() => {})',
  'void x.then(y, z)',
  'async function work() {}\nclock.after(1, key, () => work())',
  'socket.on("close", async () => {})',
]) {
  test(`found: ${text.replaceAll('\n', '; ')}`, () => {
    const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true)
    assert.equal(detachedIn({ file }, new Map()).length, 1)
  })
}

for (const text of [
  'async function work() {}\nawait work()',
  'async function work() {}\nconst later = work()',
  'async function work() {}\nbackground.run("it", () => work())',
  'function work() {}\nvoid work()',
]) {
  test(`not found: ${text.replaceAll('\n', '; ')}`, () => {
    const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true)
    assert.deepEqual(detachedIn({ file }, new Map()), [])
  })
}
