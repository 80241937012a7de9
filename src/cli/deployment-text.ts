/** What a deployment did, for people: on one line what is one, and a list else. */
export function deploymentText(subject: string, changes: readonly string[]): string {
  if (changes.length === 0) return `${subject}: unchanged`
  return changes.length === 1
    ? `${subject}: ${changes[0]}`
    : [`${subject}:`, ...changes.map((change) => `  ${change}`)].join('\n')
}
