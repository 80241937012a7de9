-- reads: metrics.growth
-- position: number
-- step: string
-- readers: number
SELECT 
   base."position" as "position",
   base."step" as "step",
   COALESCE(SUM(base."people"),0) as "readers"
FROM (
  select 1 as position, 'signed up' as step, sum(signups) as people from metrics.growth
  union all select 2, 'converted', sum(converted) from metrics.growth
) as base
GROUP BY 1,2
ORDER BY 1 ASC NULLS LAST
