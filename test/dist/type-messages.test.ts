import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What TypeScript says of a file that stands beside the sources. */
function messagesOf(code: string): string[] {
  const file = `${root}test/types/snippet.ts`
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  Object.assign(host, {
    getSourceFile: (name: string, ...rest: [ts.ScriptTarget]) =>
      name === file ? ts.createSourceFile(name, code, ...rest) : getSourceFile.call(host, name, ...rest),
    fileExists: (name: string) => name === file || fileExists.call(host, name),
    readFile: (name: string) => (name === file ? code : readFile.call(host, name)),
  })
  const program = ts.createProgram([file], options, host)
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('an error of types says which keys there are, not which schema', () => {
  const messages = messagesOf(`
    import * as z from 'zod'
    import { defineSession, migration, type SessionOf } from 'zession'
    const shop = defineSession(
      z.object({ userId: z.number().optional(), theme: z.string().default('light') }),
      { flash: z.object({ notice: z.string(), hint: z.string() }) },
    )
    export async function use(session: SessionOf<typeof shop>) {
      session.get('usrId')
      session.set('usrId', 1)
      session.has('usrId')
      session.update('usrId', () => 1)
      session.delete('usrId')
      session.pull('usrId')
      session.flash.set('notce', 'x')
      session.flash.keep('notce')
      await session.flash.take('notce')
      await session.regenerate({ keep: ['usrId'] })
      session.assign({ usrId: 1 })
    }
    export const step = migration(shop.schema, shop.schema, () => ({ usrId: 1 }))
  `)

  // TypeScript lists the members of a union in an order of its own.
  const sessionKeys = /type '("theme" \| "userId"|"userId" \| "theme")'\./
  const channels = /type '("hint" \| "notice"|"notice" \| "hint")'\./

  it.each([0, 1, 2, 3, 4, 5])('for a misspelt key of the session (call %i)', (call) => {
    expect(messages[call]).toMatch(sessionKeys)
  })

  it.each([6, 7, 8])('for a misspelt flash channel (call %i)', (call) => {
    expect(messages[call]).toMatch(channels)
  })

  it('for what regenerate keeps, with the nearest name', () => {
    expect(messages[9]).toMatch(sessionKeys)
    expect(messages[9]).toContain(`Did you mean '"userId"'?`)
  })

  it('for several keys at once, with the nearest name', () => {
    expect(messages[10]).toContain(`Did you mean to write 'userId'?`)
  })

  it('for the result of a migration, with the reason', () => {
    expect(messages[11]).toContain('the next schema has no such key')
  })

  it('and those are all', () => {
    expect(messages).toHaveLength(12)
  })
})
