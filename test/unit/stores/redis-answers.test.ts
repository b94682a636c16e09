import { describe, expect, it } from 'vitest'
import { isServedElsewhere, wordOf } from '../../../src/stores/redis/answers.js'
import { failureOf } from '../../../src/stores/redis/failure.js'
import type { Client } from '../../../src/stores/redis/port.js'

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })
const sha = 'ff3705241ab23681b76ef2ef4622ad7c0a9146ac'
/** What a script of Redis 6.2 makes of an answer, and what one of Redis 7, Redis 8 and Valkey does. */
const inScripts = (answer: string) => [
  `ERR Error running script (call to f_${sha}): @user_script:1: @user_script: 1: -${answer}`,
  `ERR Error running script (call to f_${sha}): @user_script:19: ${answer}`,
  `${answer} script: ${sha}, on @user_script:1.`,
  `${answer} script: on @user_script:1.`,
]

const answers: readonly [word: string, answer: string][] = [
  ['READONLY', "READONLY You can't write against a read only replica."],
  ['OOM', "OOM command not allowed when used memory > 'maxmemory'."],
  ['NOREPLICAS', 'NOREPLICAS Not enough good replicas to write.'],
  ['MISCONF', 'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.'],
  ['LOADING', 'LOADING Redis is loading the dataset in memory'],
  ['MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['CLUSTERDOWN', 'CLUSTERDOWN The cluster is down'],
  ['TRYAGAIN', 'TRYAGAIN Multiple keys request during rehashing of slot'],
  ['BUSY', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['NOSCRIPT', 'NOSCRIPT No matching script. Please use EVAL.'],
  ['WRONGPASS', 'WRONGPASS invalid username-password pair or user is disabled.'],
  ['NOAUTH', 'NOAUTH Authentication required.'],
  ['NOPERM', "NOPERM this user has no permissions to run the 'set' command or its subcommand"],
  ['WRONGTYPE', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['MOVED', 'MOVED 3999 127.0.0.1:6381'],
  ['ERR', 'ERR syntax error'],
]

describe('the word of an answer', () => {
  it.each(answers)('%s is found alone and within a script of every version', (word, answer) => {
    for (const text of [answer, ...inScripts(answer)]) expect([wordOf(reply(text)), text]).toEqual([word, text])
    expect(wordOf(new Error(`Too many Cluster redirections. Last error: ReplyError: ${answer}`))).toBe(word)
  })

  it.each([
    "The user executing the script can't run this command or subcommand",
    "The user executing the script can't access at least one of the keys mentioned in the command arguments",
    "ACL failure in script: User u has no permissions to run the 'set' command",
    'ACL failure in script: No permissions to access a key',
  ])('NOPERM is known by the text that scripts have in its place: %s', (text) => {
    for (const answer of [`ERR ${text} script: ${sha}, on @user_script:1.`, ...inScripts(text)]) {
      expect(wordOf(reply(answer))).toBe('NOPERM')
    }
  })

  it('is never one that an argument brought along', () => {
    for (const text of [
      "ERR unknown command 'x', with args beginning with: '@user_script: 1: -READONLY a'",
      `ERR Error running script (call to f_${sha}): @user_script:1: user_script:1: -READONLY`,
      'ERR invalid DB index -READONLY now',
    ]) {
      expect(wordOf(reply(text))).toBe('ERR')
    }
  })

  it('is none where no server answered', () => {
    for (const error of [new Error('READONLY'), new Error('Connection is closed.'), undefined, 'READONLY x']) {
      expect(wordOf(error)).toBeUndefined()
    }
  })

  it('sends the next call over a new connection where another server may answer it', () => {
    const elsewhere = answers.flatMap(([word, answer]) =>
      inScripts(answer).every((text) => isServedElsewhere(reply(text))) ? [word] : [],
    )
    expect(elsewhere).toEqual(['READONLY', 'MASTERDOWN'])
  })
})

describe('the failure of a server that only says ERR', () => {
  const failing = async (info: string | Error, hello: unknown = new Error('ERR')) => {
    const asked: string[] = []
    const give = (what: string, answer: unknown) => async () => {
      asked.push(what)
      if (answer instanceof Error) throw answer
      return answer
    }
    const client = {
      place: { host: 'redis-1', port: 6379, username: 'the-user', password: 'the-password' },
      info: give('info', info),
      hello: give('hello', hello),
    } as unknown as Client
    const call = () =>
      failureOf(
        reply(`ERR Error running script (call to f_${sha}): @user_script:1: ERR syntax error`),
        {},
        client,
        undefined,
      )
    const [first, second] = [(await call()) as Error, (await call()) as Error]
    expect(second.message).toBe(first.message)
    // Once for each client, however many calls fail.
    expect(new Set(asked).size).toBe(asked.length)
    expect(first.message).not.toMatch(/the-user|the-password|syntax/)
    return first.message
  }
  const noInfo = reply("NOPERM User u has no permissions to run the 'info' command")

  it.each([
    ['# Server\r\nredis_version:6.0.16\r\n', undefined, 'at redis-1:6379 is Redis 6.0.16. redisStore needs Redis 6.2'],
    ['redis_version:5.0.3\r\n', undefined, 'is Redis 5.0.3'],
    ['redis_version:7.0.15\r\nredis_mode:standalone\r\n', undefined, '(Redis 7.0.15) answered ERR'],
    ['redis_version:10.0.0\r\n', undefined, '(Redis 10.0.0) answered ERR'],
    // Valkey has a version of Redis as well, that of its origin.
    ['redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n', undefined, '(Valkey 9.1.2) answered ERR'],
    [noInfo, ['server', 'redis', 'version', '6.0.20', 'proto', 2], 'is Redis 6.0.20'],
    [noInfo, { server: 'valkey', version: '8.1.0', proto: 3 }, '(Valkey 8.1.0) answered ERR'],
    ['# Server\r\n', reply('ERR unknown command'), 'does not tell its version: redisStore needs Redis 6.2'],
  ])('names its version where it tells it: %#', async (info, hello, expected) => {
    expect(await failing(info, hello)).toContain(expected)
  })
})

describe('the failure of a connection', () => {
  const connectionErrors = [
    Object.assign(new Error('Reached the max retries per request limit'), { name: 'MaxRetriesPerRequestError' }),
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    Object.assign(new Error('Command aborted due to connection close'), { name: 'AbortError' }),
    Object.assign(new Error('connect ECONNREFUSED ::1:6379'), { syscall: 'connect', code: 'ECONNREFUSED' }),
  ]
  const messageOf = async (error: Error, options: object, isCluster = false) => {
    const found = await failureOf(error, {}, { place: options, isCluster } as unknown as Client, undefined)
    return (found as Error).message
  }

  it.each(connectionErrors)('names the place and nothing secret: %s', async (error) => {
    const secret = { username: 'the-user', password: 'the-password' }
    expect(await messageOf(error, { host: '::1', port: 6379, ...secret })).toContain('server at [::1]:6379 cannot be')
    expect(await messageOf(error, { path: '/run/redis.sock', port: 6379, ...secret })).toContain('at /run/redis.sock ')
    expect(await messageOf(error, { sentinels: [{ host: 'a' }], name: 'mymaster', port: 6379 })).toContain('`mymaster`')
    expect(await messageOf(error, { redisOptions: secret }, true)).not.toContain('the-')
  })

  it('names the node of a cluster that could not be reached', async () => {
    const last = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:6379'), {
      ...{ code: 'ECONNREFUSED', address: '10.0.0.7', port: 6379, syscall: 'connect' },
    })
    const error = Object.assign(new Error('Failed to refresh slots cache.'), {
      name: 'ClusterAllFailedError',
      lastNodeError: last,
    })
    expect(await messageOf(error, {}, true)).toMatch(/at 10\.0\.0\.7:6379 cannot be reached.*\(ECONNREFUSED\)/)
  })
})
