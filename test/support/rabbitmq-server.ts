import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './postgres-server.ts'
import { tempFolder } from './temp-folder.ts'

/** A RabbitMQ broker of its own, listening on loopback, gone when disposed. */
export interface RabbitmqServer extends AsyncDisposable {
  readonly url: string
  /** Ends it as a power cut would: durable queues and persistent messages stay. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
}

const binary = globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server').toSorted().at(-1)

/** Why a broker cannot be started here; give it to node:test as `skip`. */
export const rabbitmqSkip: string | false =
  binary !== undefined && existsSync('/usr/bin/epmd')
    ? false
    : 'RabbitMQ is not installed: no /usr/lib/rabbitmq/lib/rabbitmq_server-*'

/** Starts a broker on free ports with an empty data folder. */
export async function startRabbitmq(): Promise<RabbitmqServer> {
  if (binary === undefined) throw new Error(String(rabbitmqSkip))
  const folder = tempFolder('nacre-rabbitmq-')
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()]
  const plugins = join(folder.path, 'plugins')
  await writeFile(plugins, '[].\n')
  await mkdir(join(folder.path, 'data'))
  const environment = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder.path,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `nacre-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: join(folder.path, 'data'),
    RABBITMQ_LOG_BASE: folder.path,
    RABBITMQ_CONFIG_FILE: join(folder.path, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder.path, 'none'),
    RABBITMQ_CONF_ENV_FILE: join(folder.path, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
  }
  // Erlang's port mapper would stay behind if the broker started its own.
  const mapper = spawn('epmd', [], { env: environment, stdio: 'ignore' })
  let broker: ChildProcess | undefined

  const kill = async (): Promise<void> => {
    if (broker?.pid === undefined || broker.exitCode !== null || broker.signalCode !== null) return
    const ended = once(broker, 'exit')
    process.kill(-broker.pid, 'SIGKILL') // the script and the node it started
    await ended
  }
  const start = async (): Promise<void> => {
    broker = spawn(binary, [], { env: environment, detached: true, stdio: 'ignore', cwd: folder.path })
    for (let tries = 0; !(await accepts(port)); tries++) {
      if (broker.exitCode !== null || tries > 600) {
        await kill()
        throw new Error(`RabbitMQ did not start; see its log in ${folder.path}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await start()
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill()
      mapper.kill()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
