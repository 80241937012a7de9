-- reads: metrics.engagement
-- iso_week: date
-- minutes_per_reader: number
SELECT 
   date_trunc('week',base."day") as "iso_week",
   (COALESCE(SUM(base."minutes"),0))*1.0/(COALESCE(SUM(base."readers"),0)) as "minutes_per_reader"
FROM metrics.engagement as base
GROUP BY 1
ORDER BY 1 desc NULLS LAST
