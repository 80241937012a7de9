-- reads: metrics.growth
-- day: date
-- new_readers: number
-- conversions: number
-- lost_readers: number
-- net: number
SELECT 
   base."day" as "day",
   COALESCE(SUM(base."signups"),0) as "new_readers",
   COALESCE(SUM(base."converted"),0) as "conversions",
   COALESCE(SUM(base."churned"),0) as "lost_readers",
   (COALESCE(SUM(base."signups"),0))-(COALESCE(SUM(base."churned"),0)) as "net"
FROM metrics.growth as base
GROUP BY 1
ORDER BY 1 ASC NULLS LAST
