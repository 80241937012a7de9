/** The drawing library is the largest file of the app: fetched where there is a chart to draw. */
export const loadChart = async () => (await import('./chart.tsx')).default
