import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeProject, startPlatformProcess } from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const config = `import { app, job, manual, sql, table } from 'nacre'
const numbers = table('x.numbers', { columns: { n: 'long' } })
export default app('x', { jobs: [
  job('add', { trigger: manual(), writes: { numbers }, async run({ writes }) { await writes.numbers.append(sql\`select range as n from range(10)\`) } }),
] })
`

test('a state folder that was moved goes on where it was: tables are read and written', async () => {
  await using folder = tempFolder()
  const [here, there] = [join(folder.path, 'here'), join(folder.path, 'there')]
  await makeProject(here, { 'nacre.config.ts': config })
  {
    await using platform = await startPlatformProcess(here)
    assert.equal((await platform.run('add')).state, 'succeeded')
  }
  await rename(here, there)
  await using platform = await startPlatformProcess(there)
  assert.deepEqual(await platform.sql('select count(*) from x.numbers'), [[10]])
  assert.equal((await platform.run('add')).state, 'succeeded')
  assert.deepEqual(await platform.sql('select count(*) from x.numbers'), [[20]])
})
