export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  return { userId: session.get('userId') ?? null, visits: session.get('visits'), isNew: session.isNew }
})
