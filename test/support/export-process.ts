/** A process that exports a snapshot until it is killed. Arguments: folder of the export, file with the plan. It prints `begun`. */
import { readFile } from 'node:fs/promises'
import type { ScanPlan } from '../../src/tables/index.ts'
import { exportPlan } from './export-world.ts'

const [folder, planFile] = process.argv.slice(2) as [string, string]
const plan = JSON.parse(await readFile(planFile, 'utf8')) as ScanPlan
process.stdout.write('begun\n')
await exportPlan(folder, plan, { threads: 2, sliceBytes: 150_000 })
