/**
 * The word by which a server says what is wrong: OOM, READONLY. Nothing else of its answer may be shown, because servers
 * repeat arguments. Redis before 7 puts the answer to a command within a script behind a text of its own; a command that the
 * rights forbid there has no word in any version.
 */
export function wordOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const [, answer = ''] =
    /^(?:Too many Cluster redirections\. Last error: )?(?:ReplyError: )?(.*)/s.exec(error.message) ?? []
  if (error.name !== 'ReplyError' && !error.message.includes('ReplyError: ')) return undefined
  const inner = answer.replace(inScript, '')
  if (forbidden.test(inner)) return 'NOPERM'
  return /^[A-Z]{2,20}(?= |$)/.exec(inner)?.[0] ?? 'ERR'
}

const inScript = /^ERR Error running script \(call to f_[0-9a-f]{40}\): @user_script: ?\d+: (?:@user_script: ?\d+: )?-?/
const forbidden = /^(?:ERR )?(?:The user executing the script can't |ACL failure in script: )/

/** Whether another server may be behind the same address by now. */
export function isServedElsewhere(error: unknown): boolean {
  const word = wordOf(error)
  return word === 'READONLY' || word === 'MASTERDOWN'
}

/** What a word means, and what to do. */
export const meaning: Readonly<Record<string, string>> = {
  OOM: 'It is out of memory: raise its maxmemory.',
  READONLY: 'It is a replica: give the address of the master, or use Sentinel.',
  MASTERDOWN: 'It is a replica that has lost its master.',
  NOREPLICAS: 'It has too few replicas for its min-replicas-to-write.',
  MISCONF: 'It cannot save to its disk, and refuses writes until it can.',
  LOADING: 'It has just started, and is still loading its data.',
  BUSY: 'A script or function keeps it busy.',
  CLUSTERDOWN: 'Its cluster lacks a master, or a majority of them.',
  TRYAGAIN: 'A slot of its cluster is being moved.',
  NOAUTH: 'It wants a user and password.',
  WRONGPASS: 'It does not accept this user and password.',
  NOPERM: 'This user lacks rights: docs/stores/redis.md lists what redisStore needs.',
}
