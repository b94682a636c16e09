import type { H3Event } from 'h3'

// Compiled by the ring: what must not compile says so.
export async function typed(event: H3Event): Promise<void> {
  const session = await useSession(event)
  const id: number | undefined = session.get('userId')
  session.set('theme', 'dark')
  // @ts-expect-error a value that the schema refuses
  session.set('theme', 'green')
  // @ts-expect-error no such key
  session.get('nothing')
  const admin = await useSession(event, 'admin')
  const since: Date | undefined = admin.get('since')
  // @ts-expect-error no such file
  await useSession(event, 'nobody')
  void [id, since]
}
