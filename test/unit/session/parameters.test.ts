import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../src/session', import.meta.url))

/** The functions of a source whose parameters name both types. */
function takingBoth(source: ts.SourceFile, one: RegExp, other: RegExp): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const types = node.parameters.map(({ type }) => type?.getText(source) ?? '')
      if (types.some((type) => one.test(type)) && types.some((type) => other.test(type)))
        found.push(`${source.fileName}: ${node.name?.getText(source) ?? 'a function'}(${types.join(', ')})`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const parse = (name: string, text: string) => ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
const STATE = /\b(UnitOfWork|Unit)\b/
const RUNTIME = /\bDefinitionRuntime\b/

it('no function takes the state of a request and the whole definition: algorithms ask the unit of work', () => {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  expect(names.length).toBeGreaterThan(50)
  expect(
    names.flatMap((name) => takingBoth(parse(name, readFileSync(join(root, name), 'utf8')), STATE, RUNTIME)),
  ).toEqual([])
})

it('and one that did would be found, whatever its form', () => {
  for (const text of [
    'function f(runtime: DefinitionRuntime, unit: UnitOfWork) {}',
    'const f = (unit: Readonly<Unit>, { policies }: DefinitionRuntime) => 1',
    'class C { m(unit: UnitOfWork, runtime: DefinitionRuntime | undefined) {} }',
  ])
    expect(takingBoth(parse('planted.ts', text), STATE, RUNTIME), text).toHaveLength(1)
})
