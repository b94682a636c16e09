export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  return { for: session.get('userId') }
})
