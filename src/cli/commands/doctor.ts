import type { DoctorReport } from '../../server/index.ts'
import type { Command } from '../command.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check the machine and the running platform; tell what to mend.',
  usage: '',
  flags: {},
  async run({ api, json, print }) {
    const report = await (await api()).get<DoctorReport>('doctor')
    if (json) print(JSON.stringify(report))
    else
      for (const { name, ok, found, remedy } of report.checks)
        print(`${ok ? 'ok  ' : 'BAD '} ${name}: ${found}${remedy === null ? '' : `\n     ${remedy}`}`)
    return report.checks.every(({ ok }) => ok) ? 0 : 1
  },
}
