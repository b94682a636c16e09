import { createHash } from 'node:crypto'
import { indexedUntil } from './layout.js'

/**
 * How long after its deadline Redis removes a record by itself. Redis goes by its own clock: should that be ahead of the
 * clocks of the servers, a record is still not removed before its time.
 */
const marginMs = 600_000

/** A script that runs as one step of its server. What it answers: `ok`, `gone`, `conflict`, or `index` with a text. */
export interface Script {
  readonly source: string
  readonly sha: string
}

function script(body: string): Script {
  const source = `${helpers}${body}`
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

// Numbers go to Redis as text of their own making: Lua would write them with 14 digits. What needs memory comes first: after
// another change a server without memory would let the script go on.
const helpers = `
local function number(n) return string.format('%.0f', math.max(1, math.min(n, ${Number.MAX_SAFE_INTEGER}))) end
local function expiry(deadline) return number(deadline + ${marginMs}) end
local function double(text, at) return (struct.unpack('>d', text, at)) end
local function index(key, member, untilMs)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZADD', key, 'GT', number(untilMs), member)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. number(now - ${marginMs}))
  local left = redis.call('PTTL', key)
  if left < 0 or now + left < untilMs + ${marginMs} then redis.call('PEXPIREAT', key, expiry(untilMs)) end
end
`

/** Puts a record into the index of its subject. KEYS: index. ARGV: key of the record, until when. */
export const indexScript = script(`
index(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return 'ok'
`)

/** KEYS: record, index (where the script writes it). ARGV: value, key of the record. */
export const createScript = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('GETRANGE', KEYS[1], 17, 24) == string.sub(ARGV[1], 18, 25) then return 'ok' end
  return 'exists'
end
if KEYS[2] then index(KEYS[2], ARGV[2], double(ARGV[1], 10)) end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', expiry(double(ARGV[1], 2)))
return 'ok'
`)

/**
 * KEYS: record, index (where the script writes it). ARGV: expected revision, new subject or '', value, 'keep' or '', until
 * when the caller has indexed the record, key of the record. Answers `index` with the deadline when the caller must index first.
 */
export const updateScript = script(`
local head = redis.call('GETRANGE', KEYS[1], 0, 24 + #ARGV[1] + #ARGV[2])
if head == '' then return 'gone' end
if string.sub(head, 26, 25 + #ARGV[1]) ~= ARGV[1] then
  if string.sub(head, 18, 25) == string.sub(ARGV[3], 18, 25) then return 'ok' end
  return 'conflict'
end
local deadline, indexed = double(ARGV[3], 2), 0
if ARGV[4] == 'keep' then deadline = double(head, 2) end
if ARGV[2] ~= '' then
  indexed = tonumber(ARGV[5])
  if string.sub(head, 26 + #ARGV[1]) == ARGV[2] then indexed = math.max(indexed, double(head, 10)) end
  if indexed < deadline then
    if not KEYS[2] then return {'index', string.format('%.17g', deadline)} end
    indexed = deadline + ${indexedUntil(0)}
    index(KEYS[2], ARGV[6], indexed)
  end
end
local value = string.sub(ARGV[3], 1, 1) .. struct.pack('>dd', deadline, indexed) .. string.sub(ARGV[3], 18)
if ARGV[4] == 'keep' then
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], value, 'PXAT', expiry(deadline))
end
return 'ok'
`)

/**
 * KEYS: record. ARGV: seen revision, deadline, until when the caller has indexed the record. Answers `index` with the subject
 * when the caller must index first.
 */
export const touchScript = script(`
local head = redis.call('GETRANGE', KEYS[1], 0, 24 + #ARGV[1])
if head == '' then return 'gone' end
if string.sub(head, 26) ~= ARGV[1] then return 'conflict' end
local deadline, indexed = tonumber(ARGV[2]), double(head, 10)
if indexed > 0 and indexed < deadline then
  indexed = tonumber(ARGV[3])
  if indexed < deadline then
    local at = 25 + #ARGV[1]
    local length = struct.unpack('>I4', redis.call('GETRANGE', KEYS[1], at, at + 3))
    return {'index', redis.call('GETRANGE', KEYS[1], at + 4, at + 3 + length)}
  end
end
redis.call('SETRANGE', KEYS[1], 1, struct.pack('>dd', deadline, indexed))
redis.call('PEXPIREAT', KEYS[1], expiry(deadline))
return 'ok'
`)

/** KEYS: record. ARGV: expected revision. */
export const destroyScript = script(`
local head = redis.call('GETRANGE', KEYS[1], 0, 24 + #ARGV[1])
if head == '' then return 'gone' end
if string.sub(head, 26) ~= ARGV[1] then return 'conflict' end
redis.call('DEL', KEYS[1])
return 'ok'
`)

/** KEYS: from, to, index. ARGV: expected revision, value, new key of the record. */
export const moveScript = script(`
local head = redis.call('GETRANGE', KEYS[1], 0, 24 + #ARGV[1])
if head == '' then
  if redis.call('GETRANGE', KEYS[2], 17, 24) == string.sub(ARGV[2], 18, 25) then return 'ok' end
  return 'gone'
end
if string.sub(head, 26) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then return 'conflict' end
if KEYS[3] then index(KEYS[3], ARGV[3], double(ARGV[2], 10)) end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[2], 'PXAT', expiry(double(ARGV[2], 2)))
return 'ok'
`)

/** Takes records that are no more out of an index. KEYS: index, records. ARGV: the keys of these records. */
export const pruneScript = script(`
for i, member in ipairs(ARGV) do
  if redis.call('EXISTS', KEYS[i + 1]) == 0 then redis.call('ZREM', KEYS[1], member) end
end
return 'ok'
`)
