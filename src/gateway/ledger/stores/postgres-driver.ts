/**
 * What the ledger needs of PostgreSQL, and how the package `pg` does it; it is loaded only when a PostgreSQL ledger is opened.
 * Not the package `postgres`: its 3.4.9 ends the process with an uncaught TypeError when the server goes away in the middle of a
 * write (docs/models/ledger.md).
 */
import { TokenwrightError } from '../../../core/errors.ts'

export type PostgresRow = Readonly<Record<string, unknown>>

export interface PostgresQueries {
  /** Runs a statement with $1, $2, … bound. 64-bit integers come as text. */
  run(statement: string, values?: readonly (string | number)[]): Promise<readonly PostgresRow[]>
}

export interface PostgresClient extends PostgresQueries {
  /** One transaction: committed when work resolves, rolled back when it rejects. */
  begin<Result>(work: (queries: PostgresQueries) => Promise<Result>): Promise<Result>
  end(): Promise<void>
}

/** The part of `pg` that is used. */
export interface PostgresDriver {
  readonly Pool: new (options: {
    readonly connectionString: string
    readonly max: number
    readonly connectionTimeoutMillis: number
    readonly keepAlive: boolean
  }) => Pool
}

interface Queryable {
  query(
    statement: string,
    values?: readonly (string | number)[],
  ): Promise<{ readonly rows: readonly PostgresRow[] }>
}

interface PooledClient extends Queryable {
  /** With true the connection is thrown away. */
  release(broken?: boolean): void
}

interface Emitter {
  on(event: 'error', listener: () => void): unknown
}

interface Pool extends Queryable {
  connect(): Promise<PooledClient>
  on(event: 'connect', listener: (client: Emitter) => void): unknown
  on(event: 'error', listener: () => void): unknown
  end(): Promise<void>
}

/** One writes (group commits come one after the other), the others read. */
const connections = 3
/** A database that does not answer within that is away. Chosen. */
const connectMs = 10_000

/** Not a literal, because the package is optional: the compiler must not look for it. */
const packageName: string = 'pg'

/** Loads the package. Throws a TokenwrightError that says how to install it. */
export async function loadPostgresDriver(specifier = packageName): Promise<PostgresDriver> {
  try {
    const module = (await import(specifier)) as { readonly default: PostgresDriver }
    return module.default
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new TokenwrightError('ledger', `cannot load the package "pg": ${words}`, {
      where: 'PostgreSQL ledger',
      fix: 'npm install pg, or keep the ledger in SQLite',
    })
  }
}

/** A pool of connections; they are made when needed, and again after they broke. */
export function connectPostgres(driver: PostgresDriver, url: string): PostgresClient {
  const pool = new driver.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  })
  // Connections that break, idle or busy, also say so by an event; whoever waits for an answer, or needs a connection next,
  // hears of it as a rejection, and the pool makes new ones.
  pool.on('connect', client => client.on('error', () => {}))
  pool.on('error', () => {})
  return {
    run: async (statement, values = []) => (await pool.query(statement, values)).rows,
    async begin(work) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const result = await work({
          run: async (statement, values = []) => (await client.query(statement, values)).rows,
        })
        await client.query('COMMIT')
        client.release()
        return result
      } catch (error) {
        // Whether or not a rollback would reach it: ending the connection is one.
        client.release(true)
        throw error
      }
    },
    end: () => pool.end(),
  }
}
