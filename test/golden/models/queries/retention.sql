-- reads: metrics.retention
-- cohort: date
-- week_number: number
-- share: number
SELECT 
   base."cohort_week" as "cohort",
   base."week_number" as "week_number",
   COALESCE(SUM(base."returned"),0)*1.0/COALESCE(SUM(base."cohort_size"),0) as "share"
FROM metrics.retention as base
GROUP BY 1,2
ORDER BY 1 ASC NULLS LAST,2 ASC NULLS LAST
