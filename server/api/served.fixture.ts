import { makeApp } from '../app.ts'
import { openPlatform } from '../platform.ts'

// For tests that kill a server: node served.fixture.ts DATA_FOLDER INSTANT serves the folder at that
// fixed instant and prints its address.
const [dataFolder, instant] = process.argv.slice(2)
const platform = await openPlatform(dataFolder!, { now: () => new Date(instant!) })
const app = await makeApp(platform)
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
