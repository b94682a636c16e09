// A mistake, on purpose: what is cached is for everybody, so it has no session.
export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  return { userId: session.get('userId') ?? null }
})
