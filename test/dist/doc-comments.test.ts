import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')

/** The subpaths of the package, each with the file that has its types. */
const entries = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, { types?: string }> })
    .exports,
).flatMap(([subpath, { types }]) => (types === undefined ? [] : [{ subpath, file: join(root, types) }]))

/** What an editor shows beside a name: its text, and its `@default`. */
interface Doc {
  /** `zession/stores/redis: RedisStoreOptions.url`. */
  readonly name: string
  readonly text: string
  readonly isOption: boolean
  readonly hasDefault: boolean
}

/**
 * Every name that somebody who types `import` can reach: what the subpaths export, the members of those types, and the types
 * that these name, exported or not. Not private members, and not what a constructor takes that only the library calls.
 */
function publicNames(program: ts.Program, files: typeof entries): Doc[] {
  const checker = program.getTypeChecker()
  const docs: Doc[] = []
  const seen = new Set<ts.Symbol>()
  const exported = new Map(files.flatMap(exportsOf))

  function visit(symbol: ts.Symbol): void {
    const target = meantBy(symbol)
    const name = exported.get(target) ?? symbol.name
    const own = (target.declarations ?? []).filter((node) => node.getSourceFile().fileName.startsWith(dist))
    if (seen.has(target) || own.length === 0 || target.flags & ts.SymbolFlags.TypeParameter) return
    seen.add(target)
    // A helper of the types that is not exported shows nowhere; what its members are does.
    if (exported.has(target) || !own.every(ts.isTypeAliasDeclaration))
      docs.push({ name, ...commentOf(target), isOption: false })
    for (const node of own) inside(node, name)
  }

  function inside(node: ts.Node, name: string): void {
    ts.forEachChild(node, (child) => {
      if (ts.isConstructorDeclaration(child)) return
      if (isMember(child)) member(child, name)
      else {
        const symbol = namedBy(child)
        if (symbol) visit(symbol)
        // What a library says of its own types in ours, such as the columns of a Drizzle table, is its own matter.
        if (!symbol?.declarations?.every(isForeign)) inside(child, name)
      }
    })
  }

  function member(node: Member, parent: string): void {
    if (ts.isPrivateIdentifier(node.name) || ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) return
    if (ts.isComputedPropertyName(node.name) || (node.type && isNothingToSay(node.type))) return
    const symbol = checker.getSymbolAtLocation(node.name)
    if (!symbol) throw new Error(`${parent} has a member without a symbol`)
    const name = `${parent}.${node.name.getText()}`
    const isOption = /Options(\.\w+)*$/.test(parent) && node.questionToken !== undefined
    docs.push({ name, ...commentOf(symbol), isOption })
    inside(node, name)
  }

  function namedBy(node: ts.Node): ts.Symbol | undefined {
    if (ts.isTypeReferenceNode(node)) return checker.getSymbolAtLocation(node.typeName)
    if (ts.isExpressionWithTypeArguments(node)) return checker.getSymbolAtLocation(node.expression)
    return ts.isImportTypeNode(node) && node.qualifier ? checker.getSymbolAtLocation(node.qualifier) : undefined
  }

  function isForeign(node: ts.Node): boolean {
    const file = node.getSourceFile()
    return !file.fileName.startsWith(dist) && !program.isSourceFileDefaultLibrary(file)
  }

  function commentOf(symbol: ts.Symbol): Pick<Doc, 'text' | 'hasDefault'> {
    return {
      text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
      hasDefault: symbol.getJsDocTags(checker).some((tag) => tag.name === 'default' && tag.text !== undefined),
    }
  }

  function exportsOf({ subpath, file }: (typeof entries)[number]): [ts.Symbol, string][] {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    if (!module) throw new Error(`${file} is no module`)
    const specifier = subpath.replace(/^\./, 'zession')
    return checker.getExportsOfModule(module).map((symbol) => [meantBy(symbol), `${specifier}: ${symbol.name}`])
  }

  function meantBy(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  }

  for (const symbol of exported.keys()) visit(symbol)
  return docs
}

type Member =
  | ts.PropertySignature
  | ts.PropertyDeclaration
  | ts.MethodSignature
  | ts.MethodDeclaration
  | (ts.GetAccessorDeclaration & { readonly questionToken?: undefined })

function isMember(node: ts.Node): node is Member {
  return (
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodSignature(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessorDeclaration(node)
  )
}

/** An option that another one excludes, or a method of another library's object, which that library describes. */
function isNothingToSay(type: ts.TypeNode): boolean {
  return (
    type.kind === ts.SyntaxKind.NeverKeyword || (ts.isTypeReferenceNode(type) && type.typeName.getText() === 'Method')
  )
}

describe('what an editor shows beside a public name', () => {
  let docs: Doc[]

  beforeAll(() => {
    expect(existsSync(join(dist, 'index.d.ts')), 'dist/ is missing: npm run build').toBe(true)
    const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), (path) => ts.sys.readFile(path))
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
    const files = entries.map(({ file }) => file)
    docs = publicNames(ts.createProgram(files, { ...options, noEmit: true, paths: {} }), entries)
  })

  it('is a sentence at every export of every subpath, and at every member of its types', () => {
    expect(entries.length).toBeGreaterThan(10)
    expect(docs.length).toBeGreaterThan(400)
    expect(docs.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([])
  })

  it('names the default of every option that may be left out', () => {
    const options = docs.filter(({ isOption }) => isOption)
    expect(options.length).toBeGreaterThan(80)
    expect(options.filter(({ hasDefault }) => !hasDefault).map(({ name }) => name)).toEqual([])
  })
})
