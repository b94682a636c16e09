export default defineEventHandler(async (event) => ({ userId: (await useSession(event)).get('userId') }))
