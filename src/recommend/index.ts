/** `nacre/recommend`: recommendations as SQL, run by a job's engine. */
export { alsoRead, type AlsoReadOptions } from './also-read.ts'
export { evaluate, holdOut, type Evaluation, type HeldOutSplit } from './evaluate.ts'
export { popular, popularFor } from './popular.ts'
export { recommendFor, type RecommendForOptions } from './recommend-for.ts'
