import { Argument, Command, Option } from 'commander'
import { AUDIT_PROFILES } from '../session/definition/profile.js'
import { audit } from './commands/audit.js'
import { check } from './commands/check.js'
import { init } from './commands/init.js'
import { gc, inspect, revoke, secret, stats } from './commands/look.js'
import { copy, rewrite } from './commands/rewrite.js'
import type { Output } from './print.js'

/**
 * What the exit codes mean, for --help and the docs.
 * @public scripts/cli-docs.mjs
 */
export const EXIT_CODES = [
  ['0', 'done, and nothing is wrong'],
  [
    '1',
    'a breaking change, a record that could not be converted, nothing that was to be ended, or a requirement that is neither kept nor decided against',
  ],
  ['2', 'the command was not called as it can be, or a file could not be loaded'],
  ['3', 'the store or something else failed'],
] as const

/** @param done gets the exit code of the command that ran */
export function createProgram(output: Output, done: (code: number) => void): Command {
  const program = new Command('zession')
  program
    .description('Checks session schemas before a deploy, and rewrites, moves, lists and ends stored sessions.')
    .showHelpAfterError('(add --help for what there is)')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.error(text.trimEnd()),
    })
    .addHelpText('after', `\nExit codes:\n${EXIT_CODES.map(([code, what]) => `  ${code}  ${what}`).join('\n')}`)
    .exitOverride()

  const target = () =>
    new Argument(
      '[file]',
      'the file that exports your definition, or FILE#export; without it the first of zession.config.ts, server/session.ts, src/session.ts and session.ts that is there',
    )
  const asJson = () => new Option('--json', 'prints JSON')

  function add(name: string, description: string, hasTarget = true): Command {
    const command = program.command(name).description(description).addOption(asJson())
    return hasTarget ? command.addArgument(target()) : command
  }

  add(
    'check',
    'Compares the schema with the committed snapshot, and says of each change what becomes of stored sessions',
  )
    .option('--snapshot <file>', 'where the snapshot is', 'zession.snapshot.json')
    .option('--update', 'writes the snapshot anew: commit it with the change')
    .option('--rollback', 'exits with 1 also where code of before cannot read what this code writes')
    .action(async (file: string | undefined, options) => done(await check(file, options, output)))

  const walking = (command: Command) =>
    command
      .option('--dry-run', 'reads and converts every record, and writes none')
      .option('--batch <n>', 'records in one round trip (250)')
      .option('--concurrency <n>', 'round trips at a time (4)')
      .option('--rate <n>', 'at most so many records a second')

  for (const [name, description] of [
    ['migrate', 'Writes sessions of older schema versions in the current one, beside the traffic of the app'],
    ['reseal', 'Encrypts sessions with the first secret that others sealed, so that those may leave the list'],
    ['recode', 'Writes sessions with the first codec that another wrote, so that it may leave the list'],
  ] as const)
    walking(add(name, description))
      .option('--all', 'writes also the sessions that need nothing')
      .action(async (file: string | undefined, options) => done(await rewrite(name, file, options, output)))

  walking(add('copy', 'Copies sessions from one store to another, then catches up with what changed meanwhile'))
    .requiredOption('--from <store>', 'FILE#export of the store that has them')
    .requiredOption('--to <store>', 'FILE#export of the store that gets them')
    .action(async (file: string | undefined, options) => done(await copy(file, options, output)))

  add('inspect', 'Shows stored sessions, their values only when asked for')
    .option('--ref <ref>', 'the session of this ref')
    .option('--subject <id>', 'the sessions of this subject')
    .option('--values', 'shows values too')
    .option('--limit <n>', 'how many at most', '20')
    .action(async (file: string | undefined, options) => done(await inspect(file, options, output)))

  add('stats', 'Counts stored sessions by version, codec, secret and age').action(
    async (file: string | undefined, options) => done(await stats(file, options, output)),
  )

  add('gc', 'Deletes expired records').action(async (file: string | undefined, options) =>
    done(await gc(file, options, output)),
  )

  add('revoke', 'Ends the sessions of a subject, or one session')
    .option('--ref <ref>', 'the session of this ref')
    .option('--subject <id>', 'the sessions of this subject')
    .action(async (file: string | undefined, options) => done(await revoke(file, options, output)))

  add('audit', 'Says what a security standard asks of a definition, and whether it is kept')
    .addOption(
      new Option('--profile <name>', 'the standard; without it `profile` of the definition, or owasp').choices(
        AUDIT_PROFILES,
      ),
    )
    .option('--all', 'shows also what is kept')
    .option('--page <file>', 'writes the report as a page of its own')
    .action(async (file: string | undefined, options) => done(await audit(file, options, output)))

  add('secret', 'Makes a secret for `secrets`', false).action((options) => done(secret(options, output)))
  add('init', 'Writes a session definition for the framework that it finds', false).action((options) =>
    done(init(options, output)),
  )
  return program
}
