-- reads: metrics.engagement
-- day: date
-- active_readers: number
-- reading_minutes: number
SELECT 
   base."day" as "day",
   COALESCE(SUM(base."readers"),0) as "active_readers",
   COALESCE(SUM(base."minutes"),0) as "reading_minutes"
FROM metrics.engagement as base
WHERE (base."device"='phone')
AND ((base."day">=DATE '2026-01-01') and (base."day"<DATE '2026-02-01'))
GROUP BY 1
ORDER BY 1 ASC NULLS LAST
