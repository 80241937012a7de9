-- reads: metrics.engagement
-- device: string
-- active_readers: number
-- by_day: other
WITH __stage0 AS (
  SELECT
    group_set,
    base."device" as "device__0",
    CASE WHEN group_set=0 THEN
      COALESCE(SUM(base."readers"),0)
      END as "active_readers__0",
    CASE WHEN group_set=1 THEN
      base."day"
      END as "day__1",
    CASE WHEN group_set=1 THEN
      COALESCE(SUM(base."readers"),0)
      END as "active_readers__1",
    CASE WHEN group_set=1 THEN
      COALESCE(SUM(base."minutes"),0)
      END as "reading_minutes__1"
  FROM metrics.engagement as base
  CROSS JOIN (SELECT UNNEST(GENERATE_SERIES(0,1,1)) as group_set  ) as group_set
  GROUP BY 1,2,4
)
SELECT
  "device__0" as "device",
  MAX(CASE WHEN group_set=0 THEN "active_readers__0" END) as "active_readers",
  COALESCE(LIST({
    "day": "day__1", 
    "active_readers": "active_readers__1", 
    "reading_minutes": "reading_minutes__1"}  ORDER BY  "day__1" ASC NULLS LAST) FILTER (WHERE group_set=1),[]) as "by_day"
FROM __stage0
GROUP BY 1
ORDER BY 2 desc NULLS LAST
