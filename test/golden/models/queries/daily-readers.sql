-- reads: metrics.engagement
-- day: date
-- active_readers: number
-- reading_minutes: number
SELECT 
   base."day" as "day",
   COALESCE(SUM(base."readers"),0) as "active_readers",
   COALESCE(SUM(base."minutes"),0) as "reading_minutes"
FROM metrics.engagement as base
GROUP BY 1
ORDER BY 1 ASC NULLS LAST
