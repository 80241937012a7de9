import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCgroupMounts, readMembers } from '../../../src/executors/cgroup-files.ts'
import { openCgroup1Isolation } from '../../../src/executors/cgroup1-isolation.ts'

test('without cgroup v2 beside it, v1 kills by freezing', async (t) => {
  const isolation = await openCgroup1Isolation(`nacre-test-${process.pid}`, {
    readMounts: async () =>
      new Map([...(await readCgroupMounts())].filter(([controller]) => controller !== 'unified')),
  })
  if (isolation === null) return t.skip('this machine has no cgroup v1 that may be used')
  const group = await isolation.createGroup('one', { cpus: 1, memoryBytes: 64 * 1024 ** 2 })
  const folders = group.joinFiles.map((file) => file.replace(/\/cgroup\.procs$/, ''))
  assert.ok(folders.some((folder) => folder.includes('freezer')))
  const joins = group.joinFiles.map((file) => `echo $$ > ${file}`).join('; ')
  const child = spawn('/bin/sh', [
    '-c',
    `${joins}; setsid sleep 300 & setsid sh -c 'while :; do sleep 0.01; done' & wait`,
  ])
  while ((await readMembers(folders[0]!)).length < 3) await sleep(5)
  const exit = once(child, 'exit')
  await group.killAll()
  assert.deepEqual(await exit, [null, 'SIGKILL'])
  for (const folder of folders) assert.deepEqual(await readMembers(folder), [])
  assert.ok((await group.usage()).cpuMs! > 0)
  await group.remove()
  await isolation.close()
})
