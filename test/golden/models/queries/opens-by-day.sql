-- reads: events.book_opened
-- day_opened: date
-- opens: number
SELECT 
   DATE_TRUNC('day', base."ts") as "day_opened",
   COUNT(1) as "opens"
FROM events.book_opened as base
GROUP BY 1
HAVING (COUNT(1))>10
ORDER BY 1 desc NULLS LAST
