import type { ValueNode } from '../snapshot/node.js'
import type { Finding } from './finding.js'

type Options = Readonly<Record<string, ValueNode>>

/** What a change of options does to sessions that are there. */
export function optionFindings(writer: Options, reader: Options): Finding[] {
  const findings: Finding[] = []
  const changed = (name: string) => JSON.stringify(writer[name]) !== JSON.stringify(reader[name])
  const say = (path: string, level: Finding['level'], reason: string, remedy: string) =>
    findings.push({ path: `(${path})`, level, reason, remedy })
  if (changed('cookie'))
    say(
      'cookie',
      'breaking',
      'the cookie has another name, under which no browser has one yet',
      'Keep the name; `domain`, `path` and `secure` decide its prefix.',
    )
  if (changed('transport'))
    say(
      'transport',
      'breaking',
      'ids travel in another way, and clients have theirs in the old one',
      'Take both for a while, with a transport of your own that reads the two.',
    )
  if (changed('signIds') && reader['signIds'] === 'required')
    say(
      'signIds',
      'breaking',
      'ids without a signature are refused',
      'Say `signIds: { acceptUnsigned: date }` for as long as a session may live.',
    )
  if (changed('encrypt')) encryption(writer, reader, say)
  if (changed('generateId'))
    say(
      'generateId',
      'undecided',
      'ids may have another form, which the syntax check refuses',
      'See that ids of both kinds have 22 or more characters of A-Z a-z 0-9 _ -; without `generateId` they have 43.',
    )
  if (Number(reader['maxRecordBytes']) < Number(writer['maxRecordBytes']))
    say(
      'maxRecordBytes',
      'undecided',
      'records that are larger than the new limit cannot be read',
      'See with `zession stats` how large they are.',
    )
  if (changed('subject'))
    say(
      'subject',
      'lossy',
      'they are listed under their subject of then until they are written again',
      'Run `zession migrate --all`, which writes every record again.',
    )
  return findings
}

type Say = (path: string, level: Finding['level'], reason: string, remedy: string) => void

function encryption(writer: Options, reader: Options, say: Say): void {
  const [before, now] = [writer['encrypt'], reader['encrypt']]
  if (before === false && now === 'required')
    say(
      'encrypt',
      'breaking',
      'records in clear are refused with 503',
      'Say `encrypt: { acceptPlain: date }` for as long as a session may live.',
    )
  else if (before !== false && now === false)
    say('encrypt', 'breaking', 'nothing opens encrypted records', 'Keep `encrypt`, or let the sessions end first.')
}
