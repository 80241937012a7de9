import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process as the system lists it. */
export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** With the pid it names a process for good, as pids are used again. */
  readonly startedAt: string
  readonly memoryBytes: number
  readonly cpuMs: number
}

const run = promisify(execFile)

/** Clock ticks per second in /proc; 100 on every Linux. */
const ticksPerSecond = 100

/** All processes of the machine: from /proc, or from `ps` where there is none. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  const entries = await readdir('/proc').catch(() => null)
  if (entries === null) return listByPs()
  const pids = entries.filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(pids.map((pid) => readProcess(pid)))
  return all.filter((info) => info !== null)
}

/** Whether a process was started with this variable in its environment. False where the system does not tell. */
export async function hasVariable(pid: number, name: string, value: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').includes(`${name}=${value}`)
}

/** See proc_pid_stat(5): field 2, the program's name, may itself hold spaces and parentheses. */
async function readProcess(pid: string): Promise<ProcessInfo | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  if (fields[0] === 'Z') return null
  return {
    pid: Number(pid),
    parent: field(4),
    group: field(5),
    startedAt: fields[22 - 3]!,
    memoryBytes: field(24) * (await pageBytes()),
    cpuMs: ((field(14) + field(15)) * 1000) / ticksPerSecond,
  }
}

let pageSize: Promise<number> | undefined

function pageBytes(): Promise<number> {
  pageSize ??= run('getconf', ['PAGESIZE']).then(
    ({ stdout }) => Number(stdout),
    () => 4096,
  )
  return pageSize
}

async function listByPs(): Promise<ProcessInfo[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,pgid=,rss=,time=,lstart='], {
    maxBuffer: 16 * 1024 ** 2,
  })
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [pid, parent, group, rss, time = '', ...start] = line.trim().split(/\s+/)
      const seconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0)
      return {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        startedAt: start.join(' '),
        memoryBytes: Number(rss) * 1024,
        cpuMs: seconds * 1000,
      }
    })
}
