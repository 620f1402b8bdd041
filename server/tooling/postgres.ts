import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Writable } from 'node:stream'

/** Where systems put PostgreSQL 15 that is on no path. */
const places = ['/usr/lib/postgresql/15/bin', '/usr/pgsql-15/bin', '/opt/homebrew/opt/postgresql@15/bin']
/** It refuses to run as root; then it runs as who owns nothing. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** A PostgreSQL of this process's own: an empty database in a folder of its own, reached through a socket there alone. */
export interface Postgres {
  /** Runs statements, one after the other; answers what they print, columns by tabs, and what each took in milliseconds. */
  run(statements: string): { text: string; milliseconds: number[] }
  /** Takes rows of a table, as COPY writes them; settled once they are in. */
  load(table: string): { rows: Writable; done: Promise<void> }
  stop(): Promise<void>
}

/** The folder with PostgreSQL 15's programs, or null where it is not installed. */
export const installedPostgres = (): string | null =>
  [...places, ...(process.env.PATH ?? '').split(':')].find(
    (folder) =>
      existsSync(join(folder, 'initdb')) &&
      / 15\b/.test(spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout),
  ) ?? null

/** Starts one with `programs`; its threads, memory and planner have what the machine of a shop would give them. */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-postgres-'))
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid)
  const data = join(folder, 'data')
  const program = (name: string) => join(programs, name)
  let server: ChildProcess | null = null
  const stop = async () => {
    if (server && server.exitCode === null) {
      const ended = new Promise((resolve) => server!.once('exit', resolve))
      server.kill('SIGINT')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const made = spawnSync(
      program('initdb'),
      ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-locale'],
      {
        ...nobody,
        cwd: folder,
        encoding: 'utf8',
      },
    )
    if (made.status !== 0) throw new Error(made.stderr)
    const settings = {
      listen_addresses: '',
      unix_socket_directories: folder,
      shared_buffers: '1GB',
      work_mem: '256MB',
      maintenance_work_mem: '512MB',
      effective_cache_size: '4GB',
      max_parallel_workers_per_gather: '2',
      random_page_cost: '1.1',
      statement_timeout: '180s',
    }
    const asked = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = spawn(program('postgres'), ['-D', data, ...asked], { ...nobody, cwd: folder, stdio: 'ignore' })
    const client = ['-h', folder, '-U', 'bench', '-d', 'postgres', '-X', '-q', '-v', 'ON_ERROR_STOP=1']
    for (let i = 0; spawnSync(program('psql'), [...client, '-c', 'select 1']).status !== 0; i++) {
      if (i === 100 || server.exitCode !== null) throw new Error('PostgreSQL did not start.')
      await pause(100)
    }
    return {
      run(statements) {
        const said = spawnSync(program('psql'), [...client, '-At', '-F', '\t'], {
          input: `\\timing on\n${statements}\n`,
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        })
        if (said.status !== 0) throw new Error(said.stderr)
        const lines = said.stdout.split('\n')
        const timed = (line: string) => /^Time: ([\d.]+) ms/.exec(line)
        return {
          text: lines.filter((line) => line !== '' && !timed(line)).join('\n'),
          milliseconds: lines.flatMap((line) => timed(line)?.[1] ?? []).map(Number),
        }
      },
      load(table) {
        const child = spawn(program('psql'), [...client, '-c', `copy ${table} from stdin`], {
          stdio: ['pipe', 'ignore', 'inherit'],
        })
        const done = new Promise<void>((resolve, reject) =>
          child.on('exit', (code) =>
            code === 0 ? resolve() : reject(new Error(`${table} was not taken in.`)),
          ),
        )
        return { rows: child.stdin, done }
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
